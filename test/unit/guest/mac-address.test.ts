import {expect, it} from 'vitest'
import {macAddressesIn, macPrefix, newMacAddress} from '../../../src/lib/guest/mac-address.ts'

it('takes the prefix of the data centre, or that of Proxmox', () => {
  expect(macPrefix(undefined)).toBe('BC:24:11')
  expect(macPrefix('keyboard: de\n')).toBe('BC:24:11')
  expect(macPrefix('keyboard: de\nmac_prefix: 02:aa:bb:c\n')).toBe('02:aa:bb:c')
})

it('finds the addresses in configurations', () => {
  expect(macAddressesIn(['net0: virtio=bc:24:11:00:00:01,bridge=vmbr0\nnet1: e1000=BC:24:11:00:00:02\n', 'smbios1: uuid=aabbccdd-aaaa-bbbb-cccc-aabbccddeeff\n']))
    .toEqual(new Set(['BC:24:11:00:00:01', 'BC:24:11:00:00:02']))
})

it('makes one below the prefix that nobody has', () => {
  const taken = new Set(['BC:24:11:00:00:00'])
  const bytes = [Buffer.from('000000000000', 'hex'), Buffer.from('0102030405ff', 'hex')]
  const random = () => bytes.shift() ?? Buffer.alloc(6)
  expect(newMacAddress('BC:24:11', taken, random)).toBe('BC:24:11:01:02:03')
  expect(taken).toContain('BC:24:11:01:02:03')
  expect(newMacAddress('02:aa:bb:c', new Set(), () => Buffer.from('123456789abc', 'hex'))).toBe('02:AA:BB:C1:23:45')
})

it('gives up when the prefix leaves no address free', () => {
  expect(() => newMacAddress('BC:24:11', new Set(['BC:24:11:00:00:00']), () => Buffer.alloc(6))).toThrow('no free MAC address')
})
