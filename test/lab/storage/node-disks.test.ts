// What is made on disks and destroyed again, with the kernel's own ZFS, LVM, file systems, udev and systemd. The disks are loop devices of its own.
import {afterAll, beforeAll, expect, it} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'
import type {Commands} from '../support/commands.ts'
import {commandsForLab} from '../support/commands.ts'
import {sharedHost} from '../support/shared-host.ts'

const folder = '/var/tmp/corral-node-disks'
const limitMs = 300_000

let host: Host
let commands: Commands
let [first, second] = ['', '']

beforeAll(async () => {
  host = await sharedHost()
  commands = await commandsForLab()
  await host.run(['modprobe', 'zfs'], {timeoutMs: limitMs})
  await host.files.makeDirectory(folder)
  const attached = async (name: string) => {
    await host.run(['truncate', '--size=512M', `${folder}/${name}`])
    return (await host.run(['losetup', '--find', '--show', '--partscan', `${folder}/${name}`])).stdout.trim()
  }
  first = await attached('first')
  second = await attached('second')
}, limitMs)
afterAll(async () => {
  await commands.close()
  for (const device of [first, second].filter((each) => each !== '')) await host.run(['losetup', '--detach', device])
  await host.files.removeTree(folder)
}, limitMs)

/** What wipefs finds on these, with their partitions. */
async function signatures(...devices: readonly string[]): Promise<string> {
  const {stdout} = await host.run(['lsblk', '--noheadings', '--raw', '--paths', '--output', 'NAME', '--', ...devices])
  const paths = stdout.split('\n').filter((path) => path !== '')
  return (await host.run(['wipefs', '--noheadings', '--output', 'DEVICE,TYPE', '--', ...paths])).stdout.trim()
}

it('a mirror on two disks, its state, and its end', async () => {
  await commands.run('corral disk zfs create', {name: 'labmade', devices: `${first},${second}`, raidlevel: 'mirror', compression: 'lz4', add_storage: true})
  expect(await commands.run('corral disk zfs list')).toEqual(expect.arrayContaining([expect.objectContaining({name: 'labmade', health: 'ONLINE'})]))
  expect((await host.run(['zfs', 'get', '-H', '-o', 'value', 'compression,mountpoint', 'labmade'])).stdout).toBe('lz4\n/labmade\n')
  await expect(commands.run('corral disk initgpt', {disk: first})).rejects.toThrow("a device of the ZFS pool 'labmade' (storage 'labmade')")
  const [pool] = (await commands.run('corral disk zfs status', {name: 'labmade'}) as {children: readonly {children: readonly {name: string; children: readonly {name: string; state: string}[]}[]}[]}).children
  const [mirror] = pool?.children ?? []
  expect(mirror).toMatchObject({name: 'mirror-0', state: 'ONLINE', read: 0, children: [{state: 'ONLINE', leaf: true}, {state: 'ONLINE'}]})
  await host.run(['zpool', 'offline', 'labmade', mirror?.children[1]?.name ?? ''])
  expect(await commands.run('corral disk zfs status', {name: 'labmade'})).toMatchObject({state: 'DEGRADED', status: expect.stringContaining('taken offline') as string})
  await commands.run('corral disk zfs destroy', {name: 'labmade', 'cleanup-config': true, 'cleanup-disks': true})
  expect(await signatures(first, second)).toBe('')
  expect(await commands.context.store.read('storage.cfg')).toBeUndefined()
}, limitMs)

it('a volume group on a whole disk, with a volume in it', async () => {
  await commands.run('corral disk lvm create', {name: 'labmade', device: first, add_storage: true})
  await commands.run('pvesm alloc', {storage: 'labmade', vmid: 100, filename: 'vm-100-disk-0', size: '8M'})
  await host.run(['lvchange', '-an', 'labmade/vm-100-disk-0'])
  await commands.run('corral disk lvm destroy', {name: 'labmade', 'cleanup-config': true, 'cleanup-disks': true})
  expect(await signatures(first)).toBe('')
}, limitMs)

// The image has no e2fsprogs; ext4 is tried elsewhere.
it('a directory of xfs on a whole disk, mounted by a unit of systemd', async () => {
  await commands.run('corral disk directory create', {name: 'lab-made', device: second, filesystem: 'xfs', add_storage: true})
  expect((await host.run(['findmnt', '--noheadings', '--output', 'FSTYPE', '/mnt/pve/lab-made'])).stdout.trim()).toBe('xfs')
  expect((await host.run(['systemctl', 'is-enabled', 'mnt-pve-lab\\x2dmade.mount'])).stdout).toBe('enabled\n')
  await commands.run('pvesm alloc', {storage: 'lab-made', vmid: 100, filename: 'vm-100-disk-0.raw', size: '8M'})
  await commands.run('corral disk directory destroy', {name: 'lab-made', 'cleanup-config': true, 'cleanup-disks': true})
  expect(await signatures(second)).toBe('')
  expect((await host.run(['systemctl', 'list-unit-files', '--no-legend', 'mnt-pve-*'], {okExitCodes: [0, 1]})).stdout).toBe('')
}, limitMs)
