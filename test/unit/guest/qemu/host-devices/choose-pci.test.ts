import {describe, expect, it} from 'vitest'
import {ConflictError, InvalidInputError, NotFoundError} from '../../../../../src/lib/base/index.ts'
import {choosePciDevices, mediatedDeviceId} from '../../../../../src/lib/guest/qemu/host-devices/choose-pci.ts'
import type {PciChoiceFacts} from '../../../../../src/lib/guest/qemu/host-devices/choose-pci.ts'
import {parsePciMappings, parseUsbMappings} from '../../../../../src/lib/guest/qemu/host-devices/mappings.ts'

const mappings = parsePciMappings(`nic
\tmap node=h1,path=0000:41:00.0,id=8086:1520,iommugroup=5
\tmap node=h1,path=0000:41:00.1,id=8086:1520
\tmap node=h2,path=0000:09:00.0,id=8086:1520

gpu
\tdescription the big one
\tmdev 1
\tmap node=h1,path=0000:01:00.0,id=10de:2231
\tmap node=h1,path=0000:01:00.1,id=10de:2231

`)
const device = (address: string, vendor = '0x8086', id = '0x1520', iommuGroup?: number) => ({address, vendor, device: id, iommuGroup})
const facts: PciChoiceFacts = {
  node: 'h1', vmid: 100, mappings, taken: new Map(),
  devices: [device('0000:01:00.0', '0x10de', '0x2231'), device('0000:01:00.1', '0x10de', '0x2231'), device('0000:41:00.0', '0x8086', '0x1520', 5), device('0000:41:00.1'), device('0001:41:00.0')],
}
const addresses = (values: Record<string, string>, changes: Partial<PciChoiceFacts> = {}) =>
  Object.fromEntries(Object.entries(choosePciDevices(values, {...facts, ...changes})).map(([key, chosen]) => [key, chosen.addresses]))

describe('the choice of PCI devices', () => {
  it('takes an address with or without domain and function', () => {
    expect(addresses({hostpci0: '41:00', hostpci1: '0001:41:00.0', hostpci2: '01:00.1;01:00.0'})).toEqual({
      hostpci0: ['0000:41:00.0', '0000:41:00.1'], hostpci1: ['0001:41:00.0'], hostpci2: ['0000:01:00.1', '0000:01:00.0'],
    })
  })

  it('takes the first entry of a mapping that is free, for this node only', () => {
    expect(addresses({hostpci0: 'mapping=nic', hostpci1: 'mapping=nic'})).toEqual({hostpci0: ['0000:41:00.0'], hostpci1: ['0000:41:00.1']})
    expect(addresses({hostpci0: 'mapping=nic'}, {taken: new Map([['0000:41:00.0', 101]])})).toEqual({hostpci0: ['0000:41:00.1']})
    expect(addresses({hostpci0: 'mapping=nic', hostpci1: '41:00.0'})).toEqual({hostpci0: ['0000:41:00.1'], hostpci1: ['0000:41:00.0']})
  })

  it('lets many guests have mediated devices of one card', () => {
    const taken = new Map([['0000:01:00.0', 101]])
    expect(choosePciDevices({hostpci3: 'mapping=gpu,mdev=nvidia-63'}, {...facts, taken})).toEqual({
      hostpci3: {addresses: ['0000:01:00.0', '0000:01:00.1'], mdev: {uuid: '00000003-0000-0000-0000-000000000100', type: 'nvidia-63'}},
    })
    expect(mediatedDeviceId(999_999_999, 15)).toBe('00000015-0000-0000-0000-000999999999')
  })

  it.each([
    [{hostpci0: 'mapping=nic', hostpci1: 'mapping=nic', hostpci2: 'mapping=nic'}, ConflictError, /no device of the mapping 'nic' is free for 'hostpci2'/],
    [{hostpci0: '41:00.0', hostpci1: '41:00.0'}, ConflictError, /0000:41:00\.0 is given to hostpci0 of the same guest/],
    [{hostpci0: '42:00.0'}, NotFoundError, /0000:42:00\.0, which this host does not have/],
    [{hostpci0: 'mapping=none'}, NotFoundError, /no entry of that name for the node h1/],
    [{hostpci0: 'mapping=nic,mdev=x'}, InvalidInputError, /does not say mdev 1/],
    [{hostpci0: '41:00,mdev=x'}, InvalidInputError, /name one/],
    [{hostpci0: 'pcie=1'}, InvalidInputError, /either its address or a mapping/],
    [{hostpci0: '41:00.0,mapping=nic'}, InvalidInputError, /either its address or a mapping/],
    [{hostpci0: '../../etc'}, InvalidInputError, /hostpci0/],
  ])('refuses %j', (values, kind, message) => {
    expect(() => choosePciDevices(values, facts)).toThrowError(kind)
    expect(() => choosePciDevices(values, facts)).toThrowError(message)
  })

  it('names the guest that has a device', () => {
    expect(() => choosePciDevices({hostpci0: '41:00.0'}, {...facts, taken: new Map([['0000:41:00.0', 101]])})).toThrowError(/belongs to the running virtual machine 101/)
  })

  it('does not hand out another card under the name of one that was there', () => {
    const changed = facts.devices.map(entry => (entry.address === '0000:41:00.0' ? {...entry, device: '0x9999'} : entry))
    expect(() => choosePciDevices({hostpci0: 'mapping=nic'}, {...facts, devices: changed})).toThrowError(/does not fit the hardware any more: 0000:41:00\.0 has the id 8086:9999, not 8086:1520/)
    const moved = facts.devices.map(entry => (entry.address === '0000:41:00.0' ? {...entry, iommuGroup: 6} : entry))
    expect(() => choosePciDevices({hostpci0: 'mapping=nic'}, {...facts, devices: moved})).toThrowError(/IOMMU group 6, not 5/)
  })
})

describe('mappings', () => {
  it('are read with their entries', () => {
    expect(mappings.map(({name, mdev, entries}) => [name, mdev, entries.length])).toEqual([['nic', false, 3], ['gpu', true, 2]])
    expect(parseUsbMappings('stick\n\tmap node=h1,id=0951:1666,path=1-2.3\n')).toEqual([{name: 'stick', entries: [{node: 'h1', id: '0951:1666', path: '1-2.3'}]}])
  })

  it.each([['nic\n\tmap node=h1,path=41:00.0\n'], ['nic\n\tcolour red\n'], ['nic\n'], ['nic\n\tmap node=h1,path=/etc,id=8086:1520\n']])('are refused when they are wrong: %j', text => {
    expect(() => parsePciMappings(text)).toThrowError(InvalidInputError)
  })
})
