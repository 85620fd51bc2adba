// Machines on a thin pool and on ZFS of a lab host are backed up by vzdump and restored, each to the other. What their disks hold is compared.
import {afterAll, beforeAll, expect, it} from 'vitest'
import type {Host} from '../../src/lib/host/index.ts'
import type {AgentDesk} from './support/agent-desk.ts'
import {openAgentDesk} from './support/agent-desk.ts'
import {sharedHost, spareDisk} from './support/shared-host.ts'

const archives = '/srv/lab-archives'
const closers: (() => Promise<unknown>)[] = []
let host: Host
let agent: AgentDesk

const typed = (...words: string[]): Promise<string> => agent.typed(words)

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
  agent = await openAgentDesk()
  closers.push(() => agent.close())
  await typed('pvesm', 'add', 'lvmthin', 'backupthin', '--vgname', 'labbackup', '--thinpool', 'pool', '--content', 'images')
  closers.push(() => typed('pvesm', 'remove', 'backupthin'))
  await typed('pvesm', 'add', 'zfspool', 'backuptank', '--pool', 'labbackup', '--sparse', '1', '--content', 'images')
  closers.push(() => typed('pvesm', 'remove', 'backuptank'))
})

afterAll(async () => { for (const close of closers.splice(0).reverse()) await close() })

const machines = [{vmid: '700', from: 'backupthin', to: 'backuptank'}, {vmid: '710', from: 'backuptank', to: 'backupthin'}] as const
const twinOf = (vmid: string): string => String(Number(vmid) + 1)
/** By the names that LVM and ZFS give volumes. */
const deviceOf = (storage: string, vmid: string): string => `${storage === 'backupthin' ? '/dev/labbackup' : '/dev/zvol/labbackup'}/vm-${vmid}-disk-0`
const contents = new Map<string, string>()

/** The volume of a machine that does not run is there for as long as it is looked at. */
async function checksum(storage: string, vmid: string): Promise<string> {
  const path = deviceOf(storage, vmid)
  if (storage === 'backupthin') await host.run(['lvchange', '-q', '-ay', '-K', '--', path.slice('/dev/'.length)])
  const {stdout} = await host.run(['sha256sum', '--', path])
  return stdout.split(' ')[0] ?? ''
}

it('machines on a thin pool and on ZFS are backed up', async () => {
  for (const {vmid, from} of machines) {
    await typed('qm', 'create', vmid, '--memory', '32', '--kvm', '0', '--scsihw', 'virtio-scsi-pci', '--scsi0', `${from}:0.03125`, '--freeze', '1')
    if (from === 'backupthin') await host.run(['lvchange', '-q', '-ay', '-K', '--', `labbackup/vm-${vmid}-disk-0`])
    await host.run(['dd', 'if=/dev/urandom', `of=${deviceOf(from, vmid)}`, 'bs=1M', 'seek=5', 'count=7', 'conv=fsync', 'status=none'])
    contents.set(vmid, await checksum(from, vmid))
  }
  // One runs, with processors that stand still: firmware would be all that runs.
  await typed('qm', 'start', '710')
  await typed('vzdump', '700', '710', '--dumpdir', archives, '--compress', 'zstd')
  expect((await host.files.list(archives)).filter((name) => name.endsWith('.vma.zst'))).toHaveLength(2)
  expect(await typed('qm', 'status', '710')).toContain('prelaunch')
})

it.each(machines)('$vmid comes back from $from on $to, and runs there', async ({vmid, to}) => {
  const archive = (await host.files.list(archives)).find((name) => name.startsWith(`vzdump-qemu-${vmid}-`) && name.endsWith('.vma.zst')) ?? ''
  await typed('qmrestore', `${archives}/${archive}`, twinOf(vmid), '--storage', to)
  expect(await checksum(to, twinOf(vmid))).toBe(contents.get(vmid))
  await typed('qm', 'start', twinOf(vmid))
  expect(await typed('qm', 'status', twinOf(vmid))).toContain('prelaunch')
})

it('nothing is left of them', async () => {
  for (const vmid of ['710', '701', '711']) await typed('qm', 'stop', vmid)
  for (const vmid of ['700', '710', '701', '711']) await typed('qm', 'destroy', vmid)
  for (const {from} of machines) expect(await typed('pvesm', 'list', from)).not.toContain('vm-7')
})
