import {expect, it} from 'vitest'
import {defaultBootOrder, formatBootOrder, missingBootDevices, readBootOrder} from '../../../../src/lib/guest/qemu/boot-order.ts'

it('reads and writes an order, and leaves the legacy form alone', () => {
  expect(readBootOrder('order=scsi0;ide2;net0')).toEqual(['scsi0', 'ide2', 'net0'])
  expect(readBootOrder('cdn')).toBeUndefined()
  expect(readBootOrder('legacy=cdn')).toBeUndefined()
  expect(readBootOrder(undefined)).toBeUndefined()
  expect(formatBootOrder(['scsi0', 'net0'])).toBe('order=scsi0;net0')
  expect(formatBootOrder([])).toBe('')
})

it('chooses the first disk, the first CD-ROM drive and the first network card', () => {
  expect(defaultBootOrder({})).toEqual([])
  expect(defaultBootOrder({net1: 'virtio', net0: 'virtio', virtio0: 'local:100/a.raw', scsi3: 'local:100/b.raw', ide2: 'none,media=cdrom', efidisk0: 'local:100/e.raw'}))
    .toEqual(['scsi3', 'ide2', 'net0'])
  expect(defaultBootOrder({ide0: 'local:100/a.raw', scsi0: 'local:100/b.raw', sata0: 'local:iso/x.iso,media=cdrom'})).toEqual(['ide0', 'sata0'])
})

it('tells devices that are not there', () => {
  expect(missingBootDevices(['scsi0', 'net0'], (key) => key === 'net0')).toEqual(['scsi0'])
})
