// Two command lines of a machine compared: what is plugged in and taken out, in which order, by which commands.
import {describe, expect, it} from 'vitest'
import {additionalParts, needsGuest, partsOf, removalOrder} from '../../../../../src/lib/guest/qemu/hotplug/machine-parts.ts'
import type {MachinePart} from '../../../../../src/lib/guest/qemu/hotplug/machine-parts.ts'
import {addCommand, removeCommand} from '../../../../../src/lib/guest/qemu/hotplug/part-commands.ts'
import {argumentsOf} from '../arguments/guest-input.ts'

const disk = 'local:100/vm-100-disk-1.raw'
const base = {ostype: 'l26', scsihw: 'virtio-scsi-single', scsi0: 'local:100/vm-100-disk-0.raw'}

async function comes(change: Readonly<Record<string, string>>, values: Readonly<Record<string, string>> = base, qemuVersion = '7.2.22'): Promise<MachinePart[]> {
  const [less, more] = await Promise.all([argumentsOf(values, {qemuVersion}), argumentsOf({...values, ...change}, {qemuVersion})])
  return additionalParts(partsOf(less.argv), partsOf(more.argv))
}
const names = (parts: readonly MachinePart[]) => parts.map(({option, id}) => `${option} ${id}`)

describe('what a change brings', () => {
  it('a SCSI disk has its controller, its thread and its drive', async () => {
    const parts = await comes({scsi1: `${disk},iothread=1`})
    expect(names(parts)).toEqual(['-object iothread-virtioscsi1', '-device virtioscsi1', '-drive drive-scsi1', '-device scsi1'])
    expect(names(removalOrder(parts))).toEqual(['-device virtioscsi1', '-device scsi1', '-drive drive-scsi1', '-object iothread-virtioscsi1'])
    expect(addCommand(parts[1] as MachinePart)).toEqual({execute: 'device_add', arguments: {driver: 'virtio-scsi-pci', id: 'virtioscsi1', bus: 'pci.3', addr: '0x2', iothread: 'iothread-virtioscsi1'}})
    expect(addCommand(parts[2] as MachinePart).arguments?.['command-line']).toMatch(/^drive_add 0 "file=[^"]*id=drive-scsi1[^"]*"$/)
  })

  it('a disk of a newer board has block nodes and limits of its own', async () => {
    const parts = await comes({virtio1: `${disk},mbps=10`}, base, '10.0.8')
    expect(names(parts)).toEqual(['-object throttle-drive-virtio1', '-blockdev drive-virtio1', '-device virtio1'])
    expect(addCommand(parts[0] as MachinePart)).toEqual({execute: 'object-add', arguments: {'qom-type': 'throttle-group', id: 'throttle-drive-virtio1', limits: {'bps-total': 10_485_760}}})
    expect(addCommand(parts[1] as MachinePart)).toMatchObject({execute: 'blockdev-add', arguments: {driver: 'throttle', 'node-name': 'drive-virtio1', 'throttle-group': 'throttle-drive-virtio1'}})
    expect(addCommand(parts[2] as MachinePart).arguments).toMatchObject({'write-cache': 'on'})
    expect(removalOrder(parts).map(removeCommand).map(({execute}) => execute)).toEqual(['device_del', 'blockdev-del', 'object-del'])
  })

  it('the first disk of a shared controller brings it, the second does not', async () => {
    const shared = {ostype: 'l26', scsihw: 'virtio-scsi-pci'}
    expect(names(await comes({scsi1: disk}, shared))).toEqual(['-device scsihw0', '-drive drive-scsi1', '-device scsi1'])
    expect(names(await comes({scsi1: disk}, {...shared, scsi0: base.scsi0}))).toEqual(['-drive drive-scsi1', '-device scsi1'])
  })

  it('a card has its backend first', async () => {
    const parts = await comes({net1: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,queues=2'})
    expect(names(parts)).toEqual(['-netdev net1', '-device net1'])
    expect(addCommand(parts[0] as MachinePart).arguments).toMatchObject({type: 'tap', ifname: 'tap100i1', vhost: true, queues: 2})
    expect(names(removalOrder(parts))).toEqual(['-device net1', '-netdev net1'])
  })

  it('the first USB device brings a controller, which stays', async () => {
    const parts = await comes({usb0: 'spice'})
    expect(names(parts)).toEqual(['-device xhci', '-chardev usbredirchardev0', '-device usbredirdev0'])
    expect(names(removalOrder(parts))).toEqual(['-device usbredirdev0', '-chardev usbredirchardev0'])
    expect(addCommand(parts.find(({option}) => option === '-chardev') as MachinePart)).toEqual({
      execute: 'chardev-add', arguments: {id: 'usbredirchardev0', backend: {type: 'spicevmc', data: {type: 'usbredir'}}},
    })
  })

  it('CPUs and modules of memory come one by one, and go last first', async () => {
    const hot = {...base, hotplug: 'cpu,memory', numa: '1', cores: '4', vcpus: '1', memory: '1024'}
    const cpus = await comes({vcpus: '3'}, hot)
    expect(names(cpus)).toEqual(['-device cpu2', '-device cpu3'])
    expect(addCommand(cpus[0] as MachinePart).arguments).toMatchObject({'socket-id': 0, 'core-id': 1, 'thread-id': 0})
    expect(names(removalOrder(cpus))).toEqual(['-device cpu3', '-device cpu2'])
    const memory = await comes({memory: '2048'}, hot)
    expect(names(memory)).toEqual(['-object mem-dimm0', '-device dimm0', '-object mem-dimm1', '-device dimm1'])
    expect(names(removalOrder(memory))).toEqual(['-device dimm1', '-device dimm0', '-object mem-dimm1', '-object mem-dimm0'])
  })

  it('another boot order is no other device', async () => {
    expect(await comes({boot: 'order=net0;scsi0'}, {...base, net0: 'virtio=BC:24:11:00:00:01', boot: 'order=scsi0'})).toEqual([])
  })

  it('knows what the guest has a part in', async () => {
    expect((await comes({scsi1: disk})).filter(needsGuest).map(({id}) => id)).toEqual(['virtioscsi1'])
    expect((await comes({usb0: 'spice'}, {...base, usb1: 'spice'})).filter(needsGuest)).toEqual([])
  })
})
