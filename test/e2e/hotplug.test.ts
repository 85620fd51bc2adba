// Devices that come and go while the guest runs, seen inside the guest; one boot for all of it. The network is a bridge in a namespace of the
// test's own.
import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation, waitUntil} from './support/installation.ts'

const namespace = `ch${process.pid}`
const installation = new Installation(['ip', 'netns', 'exec', namespace])
const vmid = 410
let console: GuestConsole

function ip(...words: string[]): string {
  return execFileSync('ip', ['-netns', namespace, ...words], {encoding: 'utf8', timeout: 10_000})
}

const set = (...words: string[]) => installation.qm('set', String(vmid), ...words)
async function mustSet(...words: string[]): Promise<void> {
  const answer = await set(...words)
  expect(answer, words.join(' ')).toMatchObject({code: 0, stderr: ''})
}
const waiting = async () => (await installation.mustQm('pending', String(vmid))).split('\n').filter(line => /^(?:new|del) /.test(line))
const inGuest = (command: string) => console.run(command)
const seenInGuest = (command: string, pattern: RegExp) => waitUntil(`${command} to show ${String(pattern)}`, async () => pattern.test(await inGuest(command)), 60_000)
const monitor = async (line: string) => (await installation.call('qm', ['monitor', String(vmid)], {input: `${line}\n`})).stdout

beforeAll(async () => {
  execFileSync('ip', ['netns', 'add', namespace], {timeout: 10_000})
  for (const bridge of ['vmbr7', 'vmbr8']) {
    ip('link', 'add', 'name', bridge, 'type', 'bridge')
    ip('link', 'set', bridge, 'up')
  }
  await installation.addIso()
  const folder = join(installation.root, 'lib/vz/template/iso')
  mkdirSync(folder, {recursive: true})
  writeFileSync(join(folder, 'other.iso'), Buffer.alloc(1024 * 1024, 'another disc '))
  await installation.create(vmid, {boots: true, options: [
    '--memory', '1024', '--cores', '2', '--vcpus', '1', '--numa', '1', '--hotplug', 'network,disk,usb,cpu,memory', '--ostype', 'l26', '--scsihw', 'virtio-scsi-single',
    '--net0', 'virtio,bridge=vmbr7', '--ide0', 'none,media=cdrom', '--acpi', '1',
    // Without a share of its own: the balloon stays where this test puts it.
    '--shares', '0',
  ]})
  await installation.mustQm('start', String(vmid))
  console = new GuestConsole(installation, vmid)
  await console.waitForGuest(90_000)
}, 150_000)

afterAll(async () => {
  await installation.close()
  execFileSync('ip', ['netns', 'delete', namespace], {timeout: 10_000})
})

describe('a running guest', () => {
  it('gets disks and loses them', async () => {
    await mustSet('--scsi1', 'local:0.1,iothread=1,serial=first', '--virtio1', 'local:0.2')
    await seenInGuest('cat /sys/block/sda/size /sys/block/vda/size', /^209\d{3}$[^]*^419\d{3}$/m)
    expect(await waiting()).toEqual([])
    await inGuest('echo precious-data | dd of=/dev/vda; sync')
    await mustSet('--delete', 'scsi1,virtio1')
    await seenInGuest('ls /sys/block', /^(?![^]*[sv]da)/)
    const config = await installation.mustQm('config', String(vmid))
    expect(config).toMatch(/^unused0: .*disk/m)
    const volume = /^unused\d: (local:\d+\/vm-\d+-disk-1\.raw)/m.exec(config)?.[1] ?? ''
    await mustSet('--virtio2', volume)
    await seenInGuest('head -c 13 /dev/vda', /precious-data/)
  })

  it('has limits of a disk changed, and another disc in its drive', async () => {
    const disk = /^virtio2: (.*)$/m.exec(await installation.mustQm('config', String(vmid)))?.[1] ?? ''
    await mustSet('--virtio2', `${disk},mbps_rd=3,iops_wr=7`)
    expect(await monitor('info block drive-virtio2')).toMatch(/bps_rd=3145728.*iops_wr=7/)
    const disc = await set('--ide0', 'local:iso/other.iso,media=cdrom')
    expect(disc.stderr).toBe("'boot' waits for the next start of virtual machine 410: it takes effect only with a start\n")
    expect(await monitor('info block')).toMatch(/drive-ide0.*other\.iso/)
    await seenInGuest('head -c 12 /dev/sr0; echo', /another disc/)
    await mustSet('--ide0', 'none')
    expect(await monitor('info block')).toMatch(/drive-ide0: \[not inserted\]/)
    const caching = await set('--virtio2', `${disk},cache=writeback`)
    expect(caching.stderr).toMatch(/^'virtio2' waits for the next start of virtual machine 410: 'cache' of a drive/)
    await mustSet('--revert', 'virtio2,boot')
    expect(await waiting()).toEqual([])
  })

  it('gets a card on a bridge, which moves to another one with its cable', async () => {
    await mustSet('--net1', 'virtio,bridge=vmbr7')
    await seenInGuest('ls /sys/class/net', /eth1/)
    const card = /^net1: (virtio=[^,]*)/m.exec(await installation.mustQm('config', String(vmid)))?.[1] ?? ''
    expect(ip('-o', 'link', 'show', 'master', 'vmbr7')).toContain('tap410i1')
    await mustSet('--net1', `${card},bridge=vmbr8,link_down=1`)
    expect(ip('-o', 'link', 'show', 'master', 'vmbr8')).toContain('tap410i1')
    await inGuest('ip link set eth1 up')
    await seenInGuest('cat /sys/class/net/eth1/carrier', /^0$/m)
    await mustSet('--net1', `${card},bridge=vmbr8`)
    await seenInGuest('cat /sys/class/net/eth1/carrier', /^1$/m)
    await mustSet('--delete', 'net1')
    await seenInGuest('ls /sys/class/net', /^(?![^]*eth1)/)
    await waitUntil('the tap device to be gone', () => !ip('-o', 'link', 'show').includes('tap410i1'), 10_000)
    const missing = await set('--net1', 'virtio,bridge=vmbr9')
    expect(missing.stderr).toContain("there is no bridge 'vmbr9' on this host")
    await mustSet('--revert', 'net1')
  })

  it('gets a USB port, and keeps its controller', async () => {
    await mustSet('--usb0', 'spice')
    await seenInGuest('cat /sys/bus/pci/devices/*/class', /^0x0c0330$/m)
    expect(await monitor('info qtree')).toContain('usbredirdev0')
    await mustSet('--delete', 'usb0')
    expect(await monitor('info qtree')).not.toContain('usbredirdev0')
  })

  it('gets memory, and gives back what it can spare', async () => {
    await mustSet('--memory', '1536')
    await seenInGuest('ls /sys/devices/system/memory | grep -c memory', /^12$/m)
    // Memory that the guest has not begun to use is given back.
    await mustSet('--memory', '1024')
    await seenInGuest('ls /sys/devices/system/memory | grep -c memory', /^8$/m)
    expect(await waiting()).toEqual([])
  })

  it('is pinned to CPUs of the host, and let go again', async () => {
    await mustSet('--affinity', '0')
    const allowed = () => /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync(`/proc/${installation.pidOf(vmid)}/status`, 'utf8'))?.[1]
    expect(allowed()).toBe('0')
    await mustSet('--delete', 'affinity')
    expect(allowed()).not.toBe('0')
    await mustSet('--balloon', '900')
    await seenInGuest('head -1 /proc/meminfo', /MemTotal: +[78]\d{5} kB/)
  })

  it('keeps what it does not let go of while it is paused, and the change waits', async () => {
    await installation.mustQm('suspend', String(vmid))
    const paused = await set('--delete', 'virtio2')
    expect(paused).toMatchObject({code: 0})
    expect(paused.stderr).toContain("'virtio2' waits for the next start of virtual machine 410: the machine is paused")
    expect(await waiting()).toHaveLength(1)
    await installation.mustQm('resume', String(vmid))
    expect(await inGuest('head -c 13 /dev/vda')).toContain('precious-data')
    await mustSet('--revert', 'virtio2')
    expect(await waiting()).toEqual([])
  })

  it('gets a CPU, which is not taken out while the machine is emulated', async () => {
    await mustSet('--vcpus', '2')
    await seenInGuest('echo 1 >/sys/devices/system/cpu/cpu1/online; cat /sys/devices/system/cpu/online', /^0-1$/m)
    expect(await monitor('info hotpluggable-cpus')).toContain('/machine/peripheral/cpu2')
    expect((await set('--vcpus', '1')).stderr).toContain("'vcpus' waits for the next start of virtual machine 410: QEMU cannot be trusted")
    expect(await installation.status(vmid)).toBe('status: running')
  })
})

describe('a guest in its firmware', () => {
  it('lets go of nothing: after ten seconds the change waits, and the machine keeps the card', async () => {
    const silent = 411
    await installation.create(silent, {options: ['--net0', 'virtio,bridge=vmbr7', '--ostype', 'l26']})
    await installation.mustQm('start', String(silent))
    const answer = await installation.qm('set', String(silent), '--delete', 'net0')
    expect(answer.code).toBe(0)
    expect(answer.stderr).toContain("the guest did not let go of 'net0' within 10 s")
    expect(await installation.mustQm('pending', String(silent))).toMatch(/^del net0: virtio/m)
    expect(ip('-o', 'link', 'show', 'master', 'vmbr7')).toContain('tap411i0')
  })
})
