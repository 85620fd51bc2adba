// Disks of a guest that is booted and writes: moved under load, grown, and what is on them afterwards, with a real QEMU.
import {createHash} from 'node:crypto'
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation, waitUntil} from './support/installation.ts'

const installation = new Installation()
const vmid = '100'
const fast = join(installation.root, 'fast')

beforeAll(async () => {
  await installation.addIso()
  mkdirSync(fast)
  const added = await installation.call('pvesm', ['add', 'dir', 'fast', '--path', fast, '--content', 'images'])
  expect(added.code).toBe(0)
  await installation.create(100, {boots: true, options: ['--scsihw', 'virtio-scsi-single', '--scsi0', 'local:0.125,format=qcow2,iothread=1,mbps=400']})
  await installation.mustQm('start', vmid)
})
afterAll(() => installation.close())

it('a disk is moved while the guest writes to it, and grows; nothing is lost', async () => {
  const console = new GuestConsole(installation, 100)
  await console.waitForGuest()
  await console.run('dd if=/dev/urandom of=/dev/sda bs=1M count=16 conv=fsync 2>/dev/null')
  const sum = async () => /^([0-9a-f]{32})/m.exec(await console.run('echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/sda bs=1M count=16 2>/dev/null | md5sum'))?.[1]
  const before = await sum()
  expect(before).toBeDefined()
  // A counter, written to the disk and synced again and again while the disk moves; the last value is noted in the guest's memory.
  await console.run('(i=10000000; while [ ! -e /tmp/stop ]; do i=$((i+1)); echo $i | dd of=/dev/sda bs=512 seek=131072 count=1 conv=notrunc,fsync 2>/dev/null; echo $i >/tmp/last; done) 2>/dev/null & true')

  const counted = async () => Number(/^(\d{8})/m.exec(await console.run('cat /tmp/last'))?.[1])
  await waitUntil('the counter to be there', async () => await counted() > 0, 30_000)
  const first = await counted()
  await installation.mustQm('disk', 'move', vmid, 'scsi0', 'fast', '--format', 'raw', '--delete')
  expect(await installation.mustQm('config', vmid)).toMatch(/^scsi0: fast:100\/vm-100-disk-0\.raw,iothread=1,mbps=400,size=128M$/m)
  const second = await counted()
  expect(second).toBeGreaterThan(first)
  await installation.mustQm('disk', 'move', vmid, 'scsi0', 'local', '--format', 'qcow2', '--bwlimit', '65536')
  await console.run('touch /tmp/stop; sleep 1')
  const last = await counted()
  expect(last).toBeGreaterThan(second)
  expect(await console.run('echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/sda bs=512 skip=131072 count=1 2>/dev/null | head -c 8')).toContain(String(last))
  expect(await sum()).toBe(before)

  await installation.mustQm('disk', 'resize', vmid, 'scsi0', '+64M')
  expect(await console.run('cat /sys/block/sda/size')).toMatch(new RegExp(`^${192 * 2048}$`, 'm'))
  expect(await console.run('dd if=/dev/zero of=/dev/sda bs=1M seek=190 count=2 conv=fsync 2>&1')).not.toContain('No space')
  expect((await installation.qm('disk', 'resize', vmid, 'scsi0', '10M')).code).toBe(2)
  await installation.mustQm('disk', 'move', vmid, 'scsi0', 'fast', '--format', 'raw', '--delete')
  await console.leave()
  await installation.mustQm('stop', vmid)

  const bytes = readFileSync(join(fast, 'images/100/vm-100-disk-1.raw'))
  expect(bytes.length).toBe(192 * 1024 ** 2)
  expect(createHash('md5').update(bytes.subarray(0, 16 * 1024 ** 2)).digest('hex')).toBe(before)
  expect(bytes.toString('latin1', 131_072 * 512, 131_072 * 512 + 8)).toBe(String(last))
}, 120_000)
