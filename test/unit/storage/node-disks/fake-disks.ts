// A fake host with disks: the files below /sys that the kernel would have, and tools that answer what the test says.
import type {Answer, FakeHost} from '../../../../src/lib/host/fake/index.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'

export interface FakeDisk {
  readonly name: string
  /** Default: 1 GiB. */
  readonly sizeBytes?: number
  /** Default: by the position among the disks, `8:0`, `8:16`… */
  readonly number?: string
  readonly serial?: string
  readonly partitions?: readonly string[]
  readonly holders?: readonly string[]
}

export interface FakeDisks {
  readonly disks: readonly FakeDisk[]
  readonly lsblk?: readonly Readonly<Record<string, unknown>>[]
  /** What wipefs finds. */
  readonly signatures?: readonly Readonly<Record<string, unknown>>[]
  /** `/dev/sda;group` a line. */
  readonly pvs?: string
  readonly lvs?: string
  readonly zpool?: string
  readonly mounts?: string
  readonly swaps?: string
  /** Tools that are not installed. */
  readonly without?: readonly string[]
  /** Tools that fail, with what they say. */
  readonly failing?: Readonly<Record<string, string>>
  /** Links by their path, with the path of the device. */
  readonly links?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly answers?: readonly Answer[]
}

export function fakeDisks(machine: FakeDisks): FakeHost {
  const {disks, lsblk = [], signatures = [], pvs = '', lvs = '', zpool = '', mounts = '', swaps = '', without = [], failing = {}, links = {}, answers = []} = machine
  const sizeOf = ({sizeBytes = 1024 ** 3}: FakeDisk) => sizeBytes
  const sysfs = disks.flatMap((disk, index) => {
    const folder = `/sys/block/${disk.name}`
    const number = disk.number ?? `8:${index * 16}`
    return [
      [`${folder}/size`, `${sizeOf(disk) / 512}\n`], [`${folder}/dev`, `${number}\n`], [`${folder}/queue/rotational`, '1\n'],
      ...(disk.holders ?? []).map((holder) => [`${folder}/holders/${holder}`, '']),
      ...(disk.partitions ?? []).flatMap((name, at) => [
        [`${folder}/${name}/size`, '2048\n'], [`${folder}/${name}/dev`, `${number.split(':')[0] ?? ''}:${Number(number.split(':')[1]) + at + 1}\n`], [`/dev/${name}`, ''],
      ]),
      [`/dev/${disk.name}`, ''],
    ]
  })
  const udev = disks.map(({name, serial}) => `E: DEVPATH=/devices/block/${name}\nE: SUBSYSTEM=block\nE: ID_ATA_ROTATION_RATE_RPM=7200\n${serial === undefined ? '' : `E: ID_SERIAL_SHORT=${serial}\n`}`).join('\n')
  const tool = (program: string, stdout: string): Answer => ({
    argv: [program, '…'], times: Infinity, ...(without.includes(program) ? {missing: true} : failing[program] === undefined ? {stdout} : {exitCode: 5, stderr: failing[program]}),
  })
  const host = fakeHost({
    files: {'/proc/mounts': mounts, '/proc/swaps': swaps, '/dev/null': '', ...Object.fromEntries(sysfs) as Record<string, string>, ...machine.files},
    // What a test says of a call comes before what is said of the tool.
    answers: [...answers, tool('udevadm', udev), tool('lsblk', JSON.stringify({blockdevices: lsblk})), tool('pvs', pvs), tool('lvs', lvs), tool('zpool', zpool),
      {argv: ['wipefs', '--json', '…'], stdout: JSON.stringify({signatures}), times: Infinity}, {argv: ['partx', '…'], stdout: '', times: Infinity}],
  })
  const plain = host.files
  const files = {...plain, realPath: async (path: string) => plain.realPath(links[path] ?? path)}
  return {...host, files}
}
