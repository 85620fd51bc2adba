import {describe, expect, it} from 'vitest'
import {InvalidInputError, UnsupportedError} from '../../../../../src/lib/base/index.ts'
import {
  qemuConfigParams, readAgent, readBoot, readCpu, readCpuCount, readDrive, readHotplug, readMachine, readNic, readNumaNodes, readSmbios, readUsb, readVga,
  refuseUnsupportedKeys, unsupportedKeys,
} from '../../../../../src/lib/guest/qemu/config/index.ts'

describe('drives', () => {
  it('reads a disk with what was said about it', () => {
    expect(readDrive('scsi3', 'local:100/vm-100-disk-0.qcow2,discard=on,iothread=1,size=32G')).toMatchObject({
      key: 'scsi3', interface: 'scsi', index: 3, file: 'local:100/vm-100-disk-0.qcow2', discard: 'on', iothread: true, size: '32G',
    })
  })

  it('takes volume for file and bytes for mebibytes', () => {
    expect(readDrive('ide0', 'volume=local:100/a.raw,bps=1572864')).toMatchObject({file: 'local:100/a.raw', mbps: 1.5})
  })

  it.each([
    ['ide4', 'local:a', 'is not a drive'],
    ['net0', 'local:a', 'is not a drive'],
    ['scsi0', 'size=1G', 'scsi0.file'],
    ['scsi0', 'local:1/a.raw,cache=fast', 'scsi0.cache'],
    ['scsi0', 'local:1/a.raw,colour=red', 'scsi0.colour'],
    ['ide0', 'local:1/a.raw,iothread=1', 'ide0.iothread'],
    ['scsi0', 'local:1/a.raw,size=32X', 'size'],
    ['scsi0', 'local:1/a.raw,bps=1,mbps=1', 'scsi0.mbps'],
    ['scsi0', 'local:1/a.raw,mbps_max=1', 'scsi0.mbps_max'],
    ['scsi0', 'local:1/a.raw,iops=1,iops_rd=1', 'scsi0.iops_rd'],
    ['virtio0', 'none,media=cdrom', 'virtio0.media'],
    ['ide2', 'none', 'ide2.media'],
    ['ide2', 'local:iso/a.iso,media=cdrom,snapshot=1', 'ide2.snapshot'],
    ['scsi0', '../../etc/passwd', 'scsi0.file'],
    ['scsi0', 'local:1/a.raw,wwn=5', 'scsi0.wwn'],
  ])('refuses %s: %s', (key, text, named) => {
    const error = errorOf(() => readDrive(key, text))
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(`${error.message} ${Object.keys((error as InvalidInputError).fields).join(' ')}`).toContain(named)
  })
})

describe('network cards', () => {
  it('reads both ways of writing the model', () => {
    const card = {key: 'net0', index: 0, model: 'virtio', macaddr: 'BC:24:11:2C:69:EC', bridge: 'vmbr0', linkDown: false}
    expect(readNic('net0', 'virtio=BC:24:11:2C:69:EC,bridge=vmbr0')).toMatchObject(card)
    expect(readNic('net0', 'model=virtio,macaddr=BC:24:11:2C:69:EC,bridge=vmbr0,firewall=0')).toMatchObject(card)
  })

  it.each([
    ['virtio=BC:24:11:2C:69', 'net0.macaddr'], ['virtio=01:24:11:2C:69:EC', 'net0.macaddr'], ['ne3000', 'net0.model'], ['virtio,mtu=0', 'net0.mtu'], ['virtio,mtu=70000', 'net0.mtu'],
    ['virtio,queues=65', 'net0.queues'], ['virtio,rate=-1', 'net0.rate'], ['virtio,bridge=../x', 'net0.bridge'], ['virtio,virtio=BC:24:11:2C:69:EC', 'net0.model'],
  ])('refuses %s', (text, field) => {
    const error = errorOf(() => readNic('net0', text))
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(Object.keys((error as InvalidInputError).fields)).toContain(field)
  })
})

describe('other keys', () => {
  it('reads the boot order, new and old', () => {
    expect(readBoot('order=scsi0;net1', undefined)).toEqual({kind: 'order', devices: ['scsi0', 'net1']})
    expect(readBoot(undefined, 'ide0')).toEqual({kind: 'legacy', letters: 'cdn', disk: 'ide0'})
    expect(readBoot('n', undefined)).toEqual({kind: 'legacy', letters: 'n', disk: undefined})
    expect(() => readBoot('order=efidisk0', undefined)).toThrowError(/efidisk0/)
    expect(() => readBoot('order=net32', undefined)).toThrowError(/net32/)
    expect(() => readBoot('legacy=x', undefined)).toThrowError(InvalidInputError)
  })

  it('counts CPUs', () => {
    expect(readCpuCount({})).toEqual({sockets: 1, cores: 1, maximum: 1, present: 1})
    expect(readCpuCount({sockets: '2', cores: '4', vcpus: '3'})).toEqual({sockets: 2, cores: 4, maximum: 8, present: 3})
    expect(readCpuCount({smp: '2'})).toMatchObject({sockets: 2})
    expect(() => readCpuCount({cores: '2', vcpus: '3'})).toThrowError(/'vcpus' is 3/)
    expect(() => readCpuCount({cores: '1e3'})).toThrowError(/'cores'/)
  })

  it('lets a guest switch only harmless CPU flags', () => {
    expect(readCpu('host,flags=+aes;-pcid')).toMatchObject({cputype: 'host', flags: '+aes;-pcid'})
    expect(() => readCpu('host,flags=+vmx')).toThrowError(/'\+vmx'/)
    expect(() => readCpu('host,flags=aes')).toThrowError(InvalidInputError)
    expect(() => readCpu('host,phys-bits=7')).toThrowError(InvalidInputError)
    expect(() => readCpu('a,b=c')).toThrowError(InvalidInputError)
  })

  it('keeps the settings of the IOMMU from contradicting each other', () => {
    expect(readMachine('q35,viommu=intel,aw-bits=39')).toMatchObject({type: 'q35', viommu: 'intel', 'aw-bits': 39})
    for (const text of ['pc,viommu=intel', 'q35,viommu=intel,aw-bits=40', 'q35,aw-bits=39', 'pc-q35-9', 'q36', 'pc,accel=kvm']) {
      expect(() => readMachine(text), text).toThrowError(InvalidInputError)
    }
  })

  it('reads NUMA nodes', () => {
    expect(readNumaNodes({numa1: 'cpus=0-1;3,memory=512,hostnodes=0,policy=bind'})).toEqual([{id: 1, cpus: ['0-1', '3'], memoryMib: 512, hostNodes: ['0'], policy: 'bind'}])
    expect(() => readNumaNodes({numa0: 'memory=1'})).toThrowError(/numa0/)
  })

  it('undoes base64 in SMBIOS fields and refuses what is not text', () => {
    expect(readSmbios('base64=1,manufacturer=QWNtZQ==,uuid=b3247ab1-1fe6-428e-965b-08a1b64a8746')).toEqual([['uuid', 'b3247ab1-1fe6-428e-965b-08a1b64a8746'], ['manufacturer', 'Acme']])
    expect(() => readSmbios('base64=1,serial=YQpi')).toThrowError(/control characters/)
  })

  it('reads USB devices in each of their forms', () => {
    expect(readUsb('usb0', 'host=0x1234:abcd,usb3=1')).toMatchObject({usb3: true, host: {kind: 'id', vendor: '1234', product: 'abcd'}})
    expect(readUsb('usb1', '1-2.3').host).toEqual({kind: 'port', bus: '1', port: '2.3'})
    expect(readUsb('usb2', 'SPICE').host).toEqual({kind: 'spice'})
    expect(() => readUsb('usb0', '/dev/bus/usb')).toThrowError(InvalidInputError)
  })

  it('takes the old names of the agent\'s settings', () => {
    expect(readAgent('1,freeze-fs-on-backup=0')).toMatchObject({enabled: true, 'freeze-fs': false})
    expect(readAgent(undefined).enabled).toBe(false)
  })

  it('refuses a clipboard where the display has none', () => {
    expect(() => readVga('serial0,clipboard=vnc')).toThrowError(/no clipboard/)
    expect(readVga('std,clipboard=vnc').clipboardVnc).toBe(true)
  })

  it('reads hotplug features', () => {
    expect([...readHotplug(undefined)]).toEqual(['network', 'disk', 'usb'])
    expect([...readHotplug('1')]).toEqual(['network', 'disk', 'usb'])
    expect([...readHotplug('0')]).toEqual([])
    expect([...readHotplug('cpu,memory')]).toEqual(['cpu', 'memory'])
  })
})

describe('keys that are not carried out', () => {
  it('refuses sub-properties by name unless they ask for nothing', () => {
    const found = unsupportedKeys({current: {values: {net0: 'virtio,firewall=1,tag=5', net1: 'virtio,firewall=0'}}})
    expect(found.map(({key}) => key)).toEqual(['net0.firewall'])
  })

  it('refuses keys that nobody knows, those of object members included', () => {
    const values = {colour: 'red', constructor: 'x', net32: 'virtio', scsi31: 'local:1/a.raw', net: 'virtio'}
    expect(unsupportedKeys({current: {values}}).map(({key}) => key)).toEqual(Object.keys(values))
  })

  it('names them all, with the command that takes them out, and no key for a part of it', () => {
    const error = errorOf(() => { refuseUnsupportedKeys({net1: 'virtio,firewall=1', net0: 'virtio,firewall=on'}) }) as UnsupportedError
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error.data).toEqual({keys: ['net1.firewall', 'net0.firewall']})
    expect(error.nextSteps).toEqual(["Give 'net1' without 'firewall': qm set VMID --net1 …", "Give 'net0' without 'firewall': qm set VMID --net0 …"])
    expect((errorOf(() => { refuseUnsupportedKeys({colour: 'red', net32: 'virtio'}) }) as UnsupportedError).nextSteps).toEqual(['Take them out of the configuration: qm set VMID --delete colour,net32'])
  })

  it('lets keys pass that the tools write themselves', () => {
    expect(unsupportedKeys({current: {values: {meta: 'creation-qemu=10.0.2', parent: 'snap', unused3: 'local:100/a.raw'}}})).toEqual([])
  })

  it('are parts of keys, never whole ones', () => {
    const waiting = Object.keys(qemuConfigParams).filter(key => unsupportedKeys({current: {values: {[key.replace('[n]', '0')]: 'x'}}}).some(found => !found.key.includes('.')))
    expect(waiting).toEqual([])
  })
})

function errorOf(run: () => unknown): Error {
  try { run() } catch (error) { return error as Error }
  throw new Error('nothing was thrown')
}
