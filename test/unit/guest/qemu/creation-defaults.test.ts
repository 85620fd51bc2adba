import {expect, it} from 'vitest'
import {creationRecord, pinnedMachine} from '../../../../src/lib/guest/qemu/creation-defaults.ts'

it('records the QEMU and the time of the creation', () => {
  expect(creationRecord('9.2.0', 1_732_300_000_999)).toBe('creation-qemu=9.2.0,ctime=1732300000')
  expect(creationRecord(undefined, 1_732_300_000_000)).toBe('ctime=1732300000')
})

it('holds Windows to the version of the board that it is installed on, and nobody else', () => {
  expect(pinnedMachine({ostype: 'win11'}, '10.0.2')).toBe('pc-i440fx-10.0')
  expect(pinnedMachine({ostype: 'win10', machine: 'q35,viommu=intel'}, '7.2.22')).toBe('pc-q35-7.2,viommu=intel')
  expect(pinnedMachine({ostype: 'win10', machine: 'pc-i440fx-6.1'}, '7.2.22')).toBeUndefined()
  expect(pinnedMachine({ostype: 'l26'}, '7.2.22')).toBeUndefined()
  expect(pinnedMachine({}, '7.2.22')).toBeUndefined()
  expect(pinnedMachine({ostype: 'win11'}, undefined)).toBeUndefined()
})
