// Suite disks: the disks of a machine of which the files below /sys and the answers of the tools are given, and what smartctl says of one.
import {inventory} from '../../src/lib/storage/node-disks/inventory.ts'
import type {LsblkDevice, MachineFacts} from '../../src/lib/storage/node-disks/facts/machine.ts'
import {devicePath} from '../../src/lib/storage/node-disks/facts/machine.ts'
import {blockDevices} from '../../src/lib/storage/node-disks/facts/sysfs.ts'
import {parseCephVolumes, parseLsblk, parseMounts, parsePhysicalVolumes, parsePoolDevices, parseSwaps, parseUdevRecord} from '../../src/lib/storage/node-disks/facts/tool-answers.ts'
import {parseSmart} from '../../src/lib/storage/node-disks/smart.ts'
import {fakeHost} from '../../src/lib/host/fake/index.ts'
import {Unsupported, compareData, type Adapter} from './adapter.ts'

type Texts = Readonly<Record<string, string>>

export const adapter: Adapter = {
  async answer(input, env) {
    const texts = (env['sets'] as Readonly<Record<string, Texts>>)[String(input['set'])] ?? {}
    const text = (name: string) => texts[name] ?? ''
    switch (input['do']) {
      case 'smart': return {smart: parseSmart(text(`${String(input['disk'])}_smart`))}
      case 'list': {
        const disks = inventory(await factsOf(texts, text))
        const wanted = input['disk']
        return {disks: Object.fromEntries([...disks].filter(([name]) => wanted === undefined || wanted === null || name === wanted))}
      }
      default: throw new Unsupported(`disks has no operation '${String(input['do'])}'`)
    }
  },
  differences(answer, expect) {
    return compareData(answer, expect)
  },
}

/** The simulated machine: its files are put where the kernel has them, its answers are read by the readers of those tools. */
async function factsOf(texts: Texts, text: (name: string) => string): Promise<MachineFacts> {
  const names = words(text('disklist'))
  const partitions = words(text('partlist'))
  const files = names.flatMap((name) => [
    [`/sys/block/${name}/holders/`, ''],
    ...partitions.flatMap((partition) => [[`/sys/block/${name}/${partition}/holders/x`, '']]),
    ...Object.entries(texts).filter(([file]) => file.startsWith(`${name}/`)).map(([file, content]) => [`/sys/block/${file}`, content] as const),
  ])
  const smart = new Map(names.map((name) => [devicePath(name), parseSmart(text(`${name}_smart`) || text(`${name}_health`))]))
  return {
    devices: await blockDevices(fakeHost({files: Object.fromEntries(files) as Record<string, string>})),
    udev: new Map(names.map((name) => [name, parseUdevRecord(text(`${name}_udevadm`))])),
    lsblk: parseLsblk(text('lsblk')) ?? new Map<string, LsblkDevice>(), physicalVolumes: parsePhysicalVolumes(text('pvs')), cephVolumes: parseCephVolumes(text('lvs')),
    poolDevices: parsePoolDevices(text('zpool')), mounts: parseMounts(text('mounts')), swaps: parseSwaps(''), smart, problems: [],
  }
}

function words(text: string): string[] {
  return text.split('\n').filter((word) => word !== '')
}
