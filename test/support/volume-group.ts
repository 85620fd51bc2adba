// The real lvm2 on a loop device, in a world of its own (LVM_SYSTEM_DIR): it sees that device and no other. Kernels without device mapper take part as well:
// lvm2 then keeps the books and makes no devices, unless a stand-in is asked for (lvm-devices.py), which shows each volume as a loop device of its own.
import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {copyFile, mkdir, mkdtemp, rm, symlink, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {localHost} from '../../src/lib/host/local/index.ts'

/** Not by /dev/mapper/control: lvm2 makes that node whether the kernel has the driver or not. */
export const hasDeviceMapper = readFileSync('/proc/misc', 'utf8').includes('device-mapper')

const tools = ['lvs', 'lvcreate', 'lvchange', 'lvextend', 'lvremove', 'lvrename', 'vgremove']

/** Why there can be none here; undefined when there can. */
export function volumeGroupMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'loop devices need root'
  if (spawnSync('lvs', ['--version']).status !== 0) return 'lvm2 is not installed'
  const probe = spawnSync('losetup', ['-f'], {encoding: 'utf8'})
  return probe.status === 0 ? undefined : `there are no loop devices: ${probe.stderr.trim()}`
}

export interface LoopGroup {
  readonly group: string
  readonly folder: string
  /** What programs that call lvm2 need in their environment. */
  readonly env: Readonly<Record<string, string>>
  readonly device: string
  readonly image: string
  readonly close: () => Promise<void>
}

/** @param withDevices whether volumes are devices whatever the kernel has */
export async function volumeGroupOnLoop({withDevices = false, sizeBytes = 256 * 1024 ** 2} = {}): Promise<LoopGroup> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-lvm-'))
  const image = join(folder, 'disk.img')
  await writeFile(image, '')
  await truncate(image, sizeBytes)
  const local = localHost('h1')
  const device = (await local.run(['losetup', '-f', '--show', '--', image])).stdout.trim()
  await writeFile(join(folder, 'lvm.conf'), [
    `global { activation=${hasDeviceMapper && !withDevices ? 1 : 0} use_lvmpolld=0 event_activation=0 locking_dir="${folder}" }`,
    `devices { use_devicesfile=0 filter=["a|^${device}$|","r|.*|"] global_filter=["a|^${device}$|","r|.*|"] }`,
    'activation { udev_sync=0 udev_rules=0 monitoring=0 }', 'backup { backup=0 archive=0 }', '',
  ].join('\n'))
  const env = withDevices ? {PATH: `${await standIn(folder)}:${process.env['PATH'] ?? ''}`} : {LVM_SYSTEM_DIR: folder}
  const group = `corral-test-${process.pid}-${folder.slice(-6)}`
  await local.run(['pvcreate', '-q', '--', device], {env: {LVM_SYSTEM_DIR: folder}})
  await local.run(['vgcreate', '-q', '--', group, device], {env: {LVM_SYSTEM_DIR: folder}})
  return {
    group, folder, env, device, image,
    close: async () => {
      await local.run(['vgremove', '-q', '--force', '--', group], {okExitCodes: [0, 5], env})
      await local.run(['losetup', '-d', device])
      await rm(folder, {recursive: true, force: true})
    },
  }
}

async function standIn(folder: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await copyFile(join(import.meta.dirname, 'lvm-devices.py'), join(bin, 'lvm-devices'))
  for (const tool of tools) await symlink('lvm-devices', join(bin, tool))
  return bin
}
