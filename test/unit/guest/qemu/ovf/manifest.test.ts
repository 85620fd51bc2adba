import {describe, expect, it} from 'vitest'
import {ovfConfig} from '../../../../../src/lib/guest/qemu/ovf/config.ts'
import {readOvf} from '../../../../../src/lib/guest/qemu/ovf/manifest.ts'
import {ovfItem, ovfManifest} from '../../../../support/ovf-manifest.ts'

const configOf = (text: string) => ovfConfig(readOvf(text))

describe('readOvf', () => {
  it('reads the machine', () => {
    const machine = readOvf(ovfManifest({items: ovfItem(10, {ResourceSubType: 'VmxNet3', Connection: 'lan', InstanceID: 30})}))
    expect(machine).toEqual({
      name: 'web', description: undefined, osType: 'l26', sockets: 1, cores: 2, memoryMib: 512, usesUefi: false, hasSecureBoot: false, scsiController: 'pvscsi',
      disks: [{address: 'scsi0', file: 'disk1.vmdk', capacityBytes: 2 ** 30}], networkCards: [{model: 'vmxnet3', network: 'lan'}], notes: [],
    })
    expect(ovfConfig(machine)).toEqual({name: 'web', ostype: 'l26', cores: '2', memory: '512', scsihw: 'pvscsi', boot: 'order=scsi0'})
  })

  it('reads UEFI, Secure Boot, sockets and notes', () => {
    const hardware = '<vmw:Config vmw:key="firmware" vmw:value="efi"/><vmw:Config vmw:key="bootOptions.efiSecureBootEnabled" vmw:value="true"/>'
    const machine = readOvf(ovfManifest({hardware}).replace('<rasd:VirtualQuantity>2<', '<vmw:CoresPerSocket>2</vmw:CoresPerSocket><rasd:VirtualQuantity>4<'))
    expect(machine).toMatchObject({usesUefi: true, hasSecureBoot: true, sockets: 2, cores: 2})
    expect(configOf(ovfManifest({hardware}))).toMatchObject({bios: 'ovmf'})
  })

  it('puts disks where their controllers have them, and never two in one place', () => {
    const items = ovfItem(5, {InstanceID: 40, Address: 1}) + ovfItem(20, {InstanceID: 41}) + ovfItem(20, {InstanceID: 42, ResourceSubType: 'vmware.nvme.controller'})
      + ovfItem(17, {HostResource: 'ovf:/disk/disk0', InstanceID: 50, Parent: 40, AddressOnParent: 1})
      + ovfItem(17, {HostResource: 'ovf://disk/disk0', InstanceID: 51, Parent: 41, AddressOnParent: 3})
      + ovfItem(17, {HostResource: '/disk/disk0', InstanceID: 52, Parent: 3, AddressOnParent: 0})
      + ovfItem(17, {HostResource: 'ovf:/file/file0', InstanceID: 53, Parent: 42, AddressOnParent: 0, ElementName: 'fast disk'})
    const {disks, notes} = readOvf(ovfManifest({items}))
    expect(disks.map(({address}) => address)).toEqual(['scsi0', 'ide3', 'sata3', 'scsi1', 'scsi2'])
    expect(notes).toEqual(['fast disk is on a controller that is not known here and becomes scsi2'])
  })

  it('takes the devices of the preferred configuration', () => {
    const sections = '<DeploymentOptionSection><Configuration ovf:id="small"/><Configuration ovf:id="big" ovf:default="true"/></DeploymentOptionSection>'
    const items = ovfItem(4, {VirtualQuantity: 4096, InstanceID: 2}).replace('<Item>', '<Item ovf:configuration="big">')
    expect(readOvf(ovfManifest({sections, items})).memoryMib).toBe(4096)
    expect(readOvf(ovfManifest({items})).memoryMib).toBe(512)
  })

  it('makes a name that a guest may have', () => {
    expect(configOf(ovfManifest({name: '-Büro &amp; Co_1.example-'}))['name']).toBe('BroCo1.example')
    expect(configOf(ovfManifest({name: '日本'}))['name']).toBeUndefined()
    expect(configOf(ovfManifest({name: `${'a'.repeat(100)}`}))['name']).toBe('a'.repeat(63))
  })

  it('has a new disk for one without a file', () => {
    const text = ovfManifest().replace('ovf:fileRef="file0"', '')
    expect(readOvf(text).disks).toEqual([{address: 'scsi0', file: undefined, capacityBytes: 2 ** 30}])
  })

  it.each([
    ['a name with a folder', ovfManifest({files: [{href: '../disk1.vmdk'}]}), 'no plain name of a file'],
    ['an absolute name', ovfManifest({files: [{href: '/etc/shadow'}]}), 'no plain name of a file'],
    ['an address', ovfManifest({files: [{href: 'http://h/disk1.vmdk'}]}), 'no plain name of a file'],
    ['a name like an option', ovfManifest({files: [{href: '-o.vmdk'}]}), 'no plain name of a file'],
    ['a name with a line end', ovfManifest({files: [{href: 'a&#10;b.vmdk'}]}), 'no plain name of a file'],
    ['a name with a comma', ovfManifest({files: [{href: 'a,file=b.vmdk'}]}), 'no plain name of a file'],
    ['a compressed file', ovfManifest({files: [{href: 'a.vmdk', attributes: 'ovf:compression="gzip"'}]}), 'is compressed (gzip)'],
    ['a file in pieces', ovfManifest({files: [{href: 'a.vmdk', attributes: 'ovf:chunkSize="5"'}]}), 'split into pieces'],
    ['a disk on another', ovfManifest({files: [{href: 'a.vmdk', diskAttributes: 'ovf:parentRef="x"'}]}), 'stands on another'],
    ['two files of one id', ovfManifest().replace('</References>', '<File ovf:id="file0" ovf:href="b.vmdk"/></References>'), "two files 'file0'"],
    ['no such file', ovfManifest().replace('ovf:fileRef="file0"', 'ovf:fileRef="x"'), "no file 'x'"],
    ['no such disk', ovfManifest().replace('ovf:diskId="disk0"', 'ovf:diskId="x"'), "no disk 'disk0'"],
    ['a size out of reach', ovfManifest().replace('ovf:capacity="1"', 'ovf:capacity="999999999999999"'), 'more than there is'],
    ['a negative size', ovfManifest().replace('ovf:capacity="1"', 'ovf:capacity="-1"'), 'no whole number'],
    ['an unknown unit', ovfManifest().replace('ovf:capacityAllocationUnits="byte * 2^30"', 'ovf:capacityAllocationUnits="parsec"'), "the unit 'parsec'"],
    ['too many processors', ovfManifest().replace('<rasd:VirtualQuantity>2<', '<rasd:VirtualQuantity>99999<'), 'the number of processors'],
    ['two machines', ovfManifest().replace('</Envelope>', '<VirtualSystem/></Envelope>'), '2 machines'],
    ['no machine', '<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"/>', 'no machine'],
    ['another envelope', '<Envelope xmlns="urn:x"/>', 'no OVF manifest'],
    ['a document type', ovfManifest({before: '<!DOCTYPE Envelope SYSTEM "http://192.0.2.1/x.dtd">'}), 'document type'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => readOvf(text)).toThrow(reason)
  })
})
