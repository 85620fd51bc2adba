// Which change of a running machine goes which way.
import {describe, expect, it} from 'vitest'
import {decide} from '../../../../../src/lib/guest/qemu/hotplug/decide.ts'
import type {RunningMachine} from '../../../../../src/lib/guest/qemu/hotplug/decide.ts'

const machine: RunningMachine = {features: new Set(['network', 'disk', 'usb']), bootDevices: ['scsi0'], hasXhci: true, isEmulated: false}
const everything: RunningMachine = {...machine, features: new Set(['network', 'disk', 'usb', 'cpu', 'memory'])}
const nothing: RunningMachine = {...machine, features: new Set()}
const wayOf = (key: string, now: string | undefined, then: string | undefined, of = machine) => {
  const way = decide({key, now, then}, of)
  return way.way === 'parts' ? [way.unplugs ? 'unplug' : '', way.plugs ? 'plug' : ''].filter(word => word !== '').join(' ') : way.way
}

describe('decide', () => {
  it.each([
    ['scsi1', undefined, 'local:1', 'plug'],
    ['scsi1', 'local:1', undefined, 'unplug'],
    ['virtio1', 'local:1', 'local:2', 'unplug plug'],
    ['scsi0', 'local:1', undefined, 'waits'],
    ['scsi0', 'local:1', 'local:2', 'waits'],
    ['scsi0', 'local:1', 'local:1,mbps=10,iops_rd_max=5', 'limits'],
    ['scsi0', 'local:1', 'local:1,backup=0,size=3G', 'none'],
    ['scsi0', 'local:1', 'local:1,cache=none', 'waits'],
    ['scsi0', 'local:1', 'local:1,mbps=10,ssd=1', 'waits'],
    ['scsi2', 'local:1', 'none,media=cdrom', 'waits'],
    ['ide0', undefined, 'local:1', 'waits'],
    ['sata0', 'local:1', undefined, 'waits'],
    ['ide2', 'none,media=cdrom', 'local:iso/x.iso,media=cdrom', 'medium'],
    ['ide2', 'local:iso/x.iso,media=cdrom', 'none,media=cdrom', 'medium'],
    ['scsi3', undefined, 'none,media=cdrom', 'plug'],
    ['efidisk0', undefined, 'local:1', 'waits'],
    ['net0', 'virtio=BC:24:11:00:00:01,bridge=vmbr0', 'virtio=BC:24:11:00:00:01,bridge=vmbr1,rate=2', 'card'],
    ['net0', 'virtio=BC:24:11:00:00:01', 'virtio=BC:24:11:00:00:01,link_down=1', 'card'],
    ['net0', 'virtio=BC:24:11:00:00:01', 'virtio=BC:24:11:00:00:01,bridge=vmbr0', 'unplug plug'],
    ['net0', 'virtio=BC:24:11:00:00:01', 'virtio=BC:24:11:00:00:02', 'unplug plug'],
    ['net0', 'virtio=BC:24:11:00:00:01', 'e1000=BC:24:11:00:00:01', 'unplug plug'],
    ['net1', undefined, 'virtio=BC:24:11:00:00:01', 'plug'],
    ['usb0', undefined, 'spice', 'plug'],
    ['tablet', undefined, '0', 'unplug plug'],
    ['vcpus', '1', '2', 'waits'],
    ['memory', '512', '1024', 'waits'],
    ['balloon', '256', '128', 'balloon'],
    ['balloon', undefined, '0', 'waits'],
    ['cpulimit', undefined, '0.5', 'cpu-time'],
    ['cpuunits', '100', undefined, 'cpu-time'],
    ['affinity', undefined, '0', 'affinity'],
    ['bios', undefined, 'ovmf', 'waits'],
    ['rng0', undefined, 'source=/dev/urandom', 'waits'],
    ['boot', 'order=scsi0', 'order=net0', 'waits'],
  ])('%s from %s to %s: %s', (key, now, then, expected) => { expect(wayOf(key, now, then)).toBe(expected) })

  it.each([
    ['scsi1', undefined, 'local:1', 'disk'], ['net1', 'virtio=BC:24:11:00:00:01', undefined, 'network'], ['usb0', undefined, 'spice', 'usb'],
    ['memory', '512', '1024', 'memory'], ['vcpus', '1', '2', 'cpu'],
  ])('%s waits when hotplug does not name its kind', (key, now, then, feature) => {
    expect(decide({key, now, then}, nothing)).toMatchObject({way: 'waits', why: expect.stringContaining(`(${feature})`) as string})
    expect(wayOf(key, now, then, everything)).not.toBe('waits')
  })

  it('takes discs and limits without hotplug as well', () => {
    expect(wayOf('ide2', 'none,media=cdrom', 'local:iso/x.iso,media=cdrom', nothing)).toBe('medium')
    expect(wayOf('scsi1', 'local:1', 'local:1,iops=5', nothing)).toBe('limits')
    expect(wayOf('net0', 'virtio=BC:24:11:00:00:01', 'virtio=BC:24:11:00:00:01,link_down=1', nothing)).toBe('card')
  })

  it('takes no CPU out of a machine whose processor is emulated, which QEMU may not survive', () => {
    const emulated = {...everything, isEmulated: true}
    expect([wayOf('vcpus', '2', '1', emulated), wayOf('vcpus', undefined, '1', emulated)]).toEqual(['waits', 'waits'])
    expect([wayOf('vcpus', '1', '2', emulated), wayOf('vcpus', '1', undefined, emulated)]).toEqual(['unplug plug', 'unplug plug'])
    expect(wayOf('vcpus', '2', '1', everything)).toBe('unplug plug')
  })

  it('lets USB devices wait where there is no controller for all of them', () => {
    expect(wayOf('usb0', undefined, 'spice', {...machine, hasXhci: false})).toBe('waits')
  })
})
