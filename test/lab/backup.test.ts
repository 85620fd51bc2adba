// Machines on a thin pool and on ZFS of a lab host are backed up by vzdump and restored, each to the other. What their disks hold is compared.
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Host} from '../../src/lib/host/index.ts'
import {openVolume} from '../../src/lib/storage/index.ts'
import type {Commands} from './support/commands.ts'
import {commandsForLab} from './support/commands.ts'
import {sharedHost, spareDisk} from './support/shared-host.ts'

const archives = '/srv/lab-archives'
const closers: (() => Promise<unknown>)[] = []
let host: Host
let commands: Commands

const qm = (command: string, params: Readonly<Record<string, unknown>>): Promise<unknown> => commands.run(`qm ${command}`, params)

beforeAll(async () => {
  host = await sharedHost()
  await host.files.makeDirectory(archives)
  closers.push(() => host.files.removeTree(archives))
  const [thin, zfs] = await Promise.all([spareDisk(host, 11), spareDisk(host, 12)])
  await host.run(['vgcreate', '-q', '--yes', '--', 'labbackup', thin])
  closers.push(async () => {
    await host.run(['vgremove', '-q', '--yes', '--force', '--', 'labbackup'])
    await host.run(['pvremove', '-q', '--', thin])
  })
  await host.run(['lvcreate', '-q', '--type', 'thin-pool', '-L', '512m', '-n', 'pool', '--', 'labbackup'])
  await host.run(['modprobe', 'zfs'], {timeoutMs: 300_000})
  await host.run(['zpool', 'create', '-f', 'labbackup', zfs])
  closers.push(async () => {
    await host.run(['zpool', 'destroy', '-f', 'labbackup'])
    await host.run(['wipefs', '-q', '-a', '--', zfs])
  })
  commands = await commandsForLab()
  closers.push(() => commands.close())
  await commands.run('pvesm add', {type: 'lvmthin', storage: 'thin', vgname: 'labbackup', thinpool: 'pool', content: 'images'})
  await commands.run('pvesm add', {type: 'zfspool', storage: 'tank', pool: 'labbackup', sparse: 1, content: 'images'})
})

afterAll(async () => { for (const close of closers.splice(0).reverse()) await close() })

/** The device of the machine's one disk, for as long as it is used. */
async function withDisk<T>(vmid: number, use: (path: string) => Promise<T>): Promise<T> {
  const {scsi0 = ''} = await qm('config', {vmid}) as {scsi0?: string}
  const {storage, id} = await openVolume(scsi0.split(',')[0] ?? '', commands.context)
  const path = await storage.attach(id)
  try {
    return await use(path)
  } finally {
    await storage.detach(id)
  }
}

const checksum = (vmid: number): Promise<string> => withDisk(vmid, async (path) => (await host.run(['sha256sum', '--', path])).stdout.split(' ')[0] ?? '')

describe.each([['thin', 'tank', 700], ['tank', 'thin', 710]] as const)('a machine on %s', (storage, other, vmid) => {
  let content = ''
  let archive = ''

  it('is backed up', async () => {
    await qm('create', {vmid, name: `on-${storage}`, memory: '32', kvm: 0, scsihw: 'virtio-scsi-pci', scsi0: `${storage}:0.03125`})
    await withDisk(vmid, (path) => host.run(['dd', 'if=/dev/urandom', `of=${path}`, 'bs=1M', 'seek=5', 'count=7', 'conv=fsync', 'status=none']))
    content = await checksum(vmid)
    await commands.run('vzdump', {vmid: String(vmid), dumpdir: archives, compress: 'zstd', mode: 'stop'})
    archive = (await host.files.list(archives)).find((name) => name.startsWith(`vzdump-qemu-${vmid}-`) && name.endsWith('.vma.zst')) ?? ''
    expect(archive).not.toBe('')
  })

  it(`comes back from that on ${other}, and runs there`, async () => {
    await commands.run('qmrestore', {archive: `${archives}/${archive}`, vmid: vmid + 1, storage: other})
    expect(await checksum(vmid + 1)).toBe(content)
    // Its processors stand still: firmware would be all that runs.
    await qm('set', {vmid: vmid + 1, freeze: 1})
    await qm('start', {vmid: vmid + 1})
    expect(await qm('status', {vmid: vmid + 1})).toMatchObject({status: 'prelaunch'})
    await qm('stop', {vmid: vmid + 1})
    for (const each of [vmid, vmid + 1]) await qm('destroy', {vmid: each})
    for (const each of [storage, other]) expect(await commands.run('pvesm list', {storage: each, vmid})).toEqual([])
  })
})
