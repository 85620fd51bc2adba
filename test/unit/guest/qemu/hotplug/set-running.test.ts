// `qm set` on a machine that runs, against a monitor that knows what the machine has: what it is told, what the configuration says then.
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {fakeMachine} from '../../../../support/fake-machine.ts'
import type {FakeMachine} from '../../../../support/fake-machine.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {images, machineRoom, qm, storedConfig, storedKey} from '../support/run-qm.ts'

let place: Installation
let context: Context
let machine: FakeMachine
let end: () => Promise<void>
let said: string[]

beforeEach(async () => {
  place = await machineRoom()
  const opened = await place.open()
  said = []
  context = {...opened, log: {...opened.log, warn: message => { said.push(message) }, notice: message => { said.push(message) }}}
  await qm('create', {vmid: 100, ostype: 'l26', kvm: false, scsihw: 'virtio-scsi-single', scsi0: 'local:0.01', net0: 'virtio=BC:24:11:00:00:01', ide2: 'none,media=cdrom'}, context)
  end = await pretendRunning(100, context)
  machine = await fakeMachine(guestPaths(context.places, 100).qmp, ['virtioscsi0', 'scsi0', 'net0', 'ide2'])
})

afterEach(async () => {
  await machine.server.close()
  await end()
})

const set = (params: Readonly<Record<string, unknown>>) => qm('set', {vmid: 100, ...params}, context)
const pendingSection = async () => (await storedConfig(100, context))?.split('[PENDING]')[1]?.trim()

describe('qm set on a running machine', () => {
  it('plugs a new disk in with its controller, and takes both out', async () => {
    await set({scsi1: 'local:0.01,iothread=1'})
    expect(machine.changes()).toEqual(['object-add iothread-virtioscsi1', 'device_add virtioscsi1', 'drive_add drive-scsi1', 'device_add scsi1'])
    expect(await storedKey(100, 'scsi1', context)).toContain('vm-100-disk-1')
    expect(await pendingSection()).toBeUndefined()
    machine.server.received.length = 0
    await set({delete: 'scsi1'})
    expect(machine.changes()).toEqual(['device_del virtioscsi1', 'object-del iothread-virtioscsi1'])
    expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-1.raw')
    expect(said).toEqual([])
  })

  it('removes the volume of a disk that is taken out by force', async () => {
    await set({virtio1: 'local:0.01'})
    await set({delete: 'virtio1', force: true})
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
    expect(await storedConfig(100, context)).not.toContain('disk-1')
  })

  it('leaves no node behind of a disk that was moved while the machine ran', async () => {
    await set({virtio1: 'local:0.01'})
    machine.nodes.add('f0123').add('other')
    machine.imageNodes.set('drive-virtio1', 'f0123')
    machine.server.received.length = 0
    await set({delete: 'virtio1'})
    expect(machine.changes()).toEqual(['device_del virtio1', 'blockdev-del f0123'])
    expect([...machine.nodes]).toEqual(['other'])
    expect(said).toEqual([])
  })

  it('waits until QEMU has let go of what a device stood on', async () => {
    await set({virtio1: 'local:0.01'})
    machine.nodes.add('f0123')
    machine.imageNodes.set('drive-virtio1', 'f0123')
    machine.lingering.set('f0123', 2)
    machine.server.received.length = 0
    await set({delete: 'virtio1'})
    expect(machine.changes()).toEqual(['device_del virtio1', 'blockdev-del f0123', 'blockdev-del f0123', 'blockdev-del f0123'])
    expect([[...machine.nodes], said]).toEqual([[], []])
  })

  it.each(['refused', 'silent'] as const)('keeps a disk that the guest does not let go of (%s), and the change waits', async how => {
    await set({virtio1: 'local:0.01'})
    machine.kept.set('virtio1', how)
    machine.server.received.length = 0
    await set({delete: 'virtio1', force: true})
    expect(machine.changes()).toEqual(['device_del virtio1'])
    expect(await storedKey(100, 'virtio1', context)).toContain('vm-100-disk-1')
    expect(await pendingSection()).toBe('delete: !virtio1')
    expect(await images(place)).toContain('100/vm-100-disk-1.raw')
    expect(said[0]).toMatch(how === 'refused'
      ? /^'virtio1' waits for the next start of virtual machine 100: the guest refuses to let go of 'virtio1'$/
      : /the guest did not let go of 'virtio1' within 10 s$/)
    // Asked again, and the guest agrees.
    machine.kept.clear()
    await set({delete: 'virtio1'})
    expect(await storedKey(100, 'virtio1', context)).toBeUndefined()
    expect(await pendingSection()).toBeUndefined()
  }, 30_000)

  it('takes back a disk that QEMU does not take, and the change waits with its volume', async () => {
    machine.unwelcome.add('scsi1')
    await set({scsi1: 'local:0.01,iothread=1'})
    expect([...machine.devices]).toEqual(['virtioscsi0', 'scsi0', 'net0', 'ide2'])
    expect([machine.drives.size, machine.objects.size]).toEqual([0, 0])
    expect(await pendingSection()).toMatch(/^scsi1: local:100\/vm-100-disk-1\.raw/)
    expect(said[0]).toMatch(/'scsi1' waits .*does not support hotplugging/)
  })

  it('takes back a drive that the human monitor refuses in words', async () => {
    machine.unwelcome.add('drive-virtio1')
    await set({virtio1: 'local:0.01'})
    expect(machine.devices.has('virtio1')).toBe(false)
    expect(said[0]).toMatch(/QEMU refused the drive: Could not open/)
  })

  it('puts the old disk back when the new one is not taken', async () => {
    await set({virtio1: 'local:0.01'})
    machine.unwelcome.add('drive-virtio1')
    machine.server.received.length = 0
    await set({virtio1: 'local:0.02'})
    expect(machine.changes().slice(0, 2)).toEqual(['device_del virtio1', 'drive_add drive-virtio1'])
    expect(said.join('\n')).toMatch(/could not be taken back/)
    expect(await storedKey(100, 'virtio1', context)).toContain('disk-1')
    expect(await pendingSection()).toContain('disk-2')
  })

  it('asks no paused guest to let go of anything, and plugs in all the same', async () => {
    machine.status = 'paused'
    await set({net1: 'e1000=BC:24:11:00:00:02'})
    expect(machine.changes()).toEqual(['netdev_add net1', 'device_add net1'])
    machine.server.received.length = 0
    await set({delete: 'net1'})
    expect(machine.changes()).toEqual([])
    expect(said).toEqual(["'net1' waits for the next start of virtual machine 100: the machine is paused, so the guest cannot let go of it"])
  })

  it('takes over a backend that was left without its card', async () => {
    machine.netdevs.add('net1')
    await set({net1: 'virtio=BC:24:11:00:00:02,link_down=1'})
    expect(machine.changes()).toEqual(['netdev_add net1', 'netdev_del net1', 'netdev_add net1', 'device_add net1', 'set_link net1'])
  })

  it('changes link, limits, discs and the balloon without touching a device', async () => {
    const disk = await storedKey(100, 'scsi0', context) ?? ''
    await set({net0: 'virtio=BC:24:11:00:00:01,link_down=1', scsi0: `${disk},mbps_rd=10,iops=5`})
    await set({balloon: '128'})
    await set({balloon: '0'})
    expect(machine.server.received.filter(({command}) => /set_link|throttle|balloon/.test(command)).map(({args}) => args)).toEqual([
      {name: 'net0', up: false},
      {device: 'drive-scsi0', bps: 0, bps_rd: 10_485_760, bps_wr: 0, iops: 5, iops_rd: 0, iops_wr: 0},
      {value: 128 * 1024 * 1024},
    ])
    expect(said).toEqual(["'balloon' waits for the next start of virtual machine 100: the balloon device comes and goes only with a start"])
    expect(machine.changes().filter(change => /device_|drive_/.test(change))).toEqual([])
  })

  it('says of each key that waits why, and takes it back', async () => {
    await set({memory: '1024', vcpus: '1', bios: 'ovmf', sata0: 'local:0.01', name: 'web'})
    expect(said.map(line => /^'(\w+)' waits/.exec(line)?.[1]).sort()).toEqual(['bios', 'memory', 'sata0', 'vcpus'])
    await set({revert: 'memory,vcpus,bios'})
    expect(await pendingSection()).toMatch(/^sata0: \S+$/)
    expect(machine.changes()).toEqual([])
  })

  it('tries only what is named, and everything once hotplug changes', async () => {
    await set({hotplug: '0'})
    await set({net1: 'virtio=BC:24:11:00:00:02'})
    await set({name: 'web'})
    expect(machine.changes()).toEqual([])
    await set({hotplug: '1'})
    expect(machine.changes()).toEqual(['netdev_add net1', 'device_add net1'])
    expect(await pendingSection()).toBeUndefined()
  })

  it('leaves a change waiting when QEMU does not answer', async () => {
    await machine.server.close()
    await set({net1: 'virtio=BC:24:11:00:00:02'})
    expect(await pendingSection()).toContain('net1')
    expect(said[0]).toMatch(/^'net1' waits for the next start/)
    machine = await fakeMachine(guestPaths(context.places, 100).qmp)
  })
})
