// Every key that the options offer does something: it changes the arguments, or other parts of Corral act on it, as is said here.
import {describe, expect, it} from 'vitest'
import {qemuConfigParams, readDrive, readNic} from '../../../../../src/lib/guest/qemu/config/index.ts'
import type {PropertyFormat, ValueSchema} from '../../../../../src/lib/spec/index.ts'
import {argumentsOf} from './guest-input.ts'

/** A guest with something of everything, so that each key has something to act on. */
const base = {
  boot: 'order=scsi0', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0', numa: '1', ostype: 'l26', scsi0: 'local:100/vm-100-disk-0.raw', scsi1: 'local:100/vm-100-disk-1.raw',
  scsihw: 'virtio-scsi-pci', sockets: '2', vga: 'qxl',
}

const samples: Readonly<Record<string, string>> = {
  acpi: '0', affinity: '0-3', 'amd-sev': 'std', agent: '1', 'allow-ksm': '0', args: '-S', audio0: 'device=AC97', balloon: '0', bios: 'ovmf', boot: 'order=net0', bootdisk: 'scsi1', cores: '2',
  cpu: 'host', efidisk0: 'local:100/vm-100-disk-2.raw,efitype=4m', freeze: '1', hotplug: 'cpu', 'hostpci[n]': '0000:01:00.0', hugepages: '2', 'ide[n]': 'none,media=cdrom', 'intel-tdx': 'tdx', ivshmem: 'size=1', keyboard: 'de', kvm: '0',
  localtime: '1', machine: 'q35', memory: '1024', name: 'web', 'net[n]': 'e1000=BC:24:11:00:00:02', numa: '0', 'numa[n]': 'cpus=0,memory=256,hostnodes=0,policy=bind', ostype: 'win10', 'parallel[n]': '/dev/parport0',
  reboot: '0', rng0: '/dev/urandom', 'sata[n]': 'none,media=cdrom', 'scsi[n]': 'local:100/vm-100-disk-3.raw', scsihw: 'lsi', 'serial[n]': 'socket',
  smbios1: 'serial=abc', smp: '3', sockets: '1', spice_enhancements: 'foldersharing=1', startdate: '2020-01-01', tablet: '1', tdf: '1', template: '1', tpmstate0: 'local:100/vm-100-disk-5.raw,version=v2.0', 'usb[n]': 'spice',
  vcpus: '1', vga: 'std', 'virtio[n]': 'local:100/vm-100-disk-4.raw', 'virtiofs[n]': 'docs', vmgenid: '7079e97c-50e3-4079-afe7-23e67566b946', watchdog: 'i6300esb',
}
/** What a key needs beside it to matter. */
const companions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'amd-sev': {bios: 'ovmf', efidisk0: 'local:100/vm-100-disk-2.raw,efitype=4m'}, 'intel-tdx': {bios: 'ovmf'}, bootdisk: {boot: 'legacy=c'}, efidisk0: {bios: 'ovmf'}, 'numa[n]': {memory: '512', numa0: 'cpus=0,memory=256', numa1: 'cpus=1,memory=256'},
  // Read where the newer key is not set.
  smp: {sockets: ''},
}
/** Keys without a device behind them, and who acts on them. */
const honouredElsewhere: Readonly<Record<string, string>> = {
  autostart: 'nothing at all, in Proxmox VE either',
  cicustom: 'the cloud-init drive', cipassword: 'the cloud-init drive', citype: 'the cloud-init drive', ciupgrade: 'the cloud-init drive', ciuser: 'the cloud-init drive',
  'ipconfig[n]': 'the cloud-init drive', nameserver: 'the cloud-init drive', searchdomain: 'the cloud-init drive', sshkeys: 'the cloud-init drive',
  cpulimit: 'the control group of the guest', cpuunits: 'the control group of the guest', keephugepages: 'the end of the guest',
  migrate_downtime: 'migration', migrate_speed: 'migration', vmstatestorage: 'suspending to disk',
  arch: 'picks the emulator; its own test is in guest.test.ts',
  cdrom: 'becomes ide2 when it is read',
  description: 'shown by qm config',
  hookscript: 'starts and ends of the guest',
  lock: 'keeps other commands away',
  onboot: 'start of the host',
  protection: 'qm destroy',
  shares: 'balloons of guests that share memory',
  startup: 'start of the host',
  tags: 'shown by qm list',
  'unused[n]': 'qm destroy and qm set',
}

describe('every key', () => {
  it('is either tried here or acted on elsewhere', () => {
    expect([...Object.keys(samples), ...Object.keys(honouredElsewhere)].sort()).toEqual(Object.keys(qemuConfigParams).sort())
  })

  it.each(Object.entries(samples))('%s changes the arguments', async (key, value) => {
    const name = key.replace('[n]', /^(?:numa|parallel)/.test(key) ? '0' : '3')
    const before = {...base, ...companions[key]}
    const qemuVersion = key === 'intel-tdx' ? '10.1.0' : '10.0.8'
    expect(await argumentsOf(present({...before, [name]: value}), {qemuVersion})).not.toEqual(await argumentsOf(present(before), {qemuVersion}))
  })
})

function present(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
}

/** Properties of drives that other parts act on. */
/** `scsiblock` is for disks of the host, which have their own test. */
const drivePropertiesElsewhere = new Set(['scsiblock', 'backup', 'replicate', 'shared', 'size', 'format', 'volume', 'media', 'file'])

const driveSamples: Readonly<Record<string, string>> = {
  aio: 'threads', bps: '1048576', bps_rd: '1048576', bps_wr: '1048576', bps_max_length: '5', bps_rd_max_length: '5', bps_wr_max_length: '5', bps_rd_length: '5', bps_wr_length: '5',
  cache: 'unsafe', detect_zeroes: '0', discard: 'on', iops: '10', iops_max: '20', iops_max_length: '5', iops_rd: '10', iops_rd_max: '20', iops_rd_max_length: '5', iops_rd_length: '5',
  iops_wr: '10', iops_wr_max: '20', iops_wr_max_length: '5', iops_wr_length: '5', iothread: '1', mbps: '1', mbps_max: '2', mbps_rd: '1', mbps_rd_max: '2', mbps_wr: '1', mbps_wr_max: '2',
  model: 'DISK', product: 'DISK', queues: '4', rerror: 'stop', ro: '1', serial: 'abc', snapshot: '1', ssd: '1', vendor: 'ACME', werror: 'stop', wwn: '0x5000c50015ea71ac',
}
const driveCompanions: Readonly<Record<string, string>> = {
  bps_max_length: ',mbps=1,mbps_max=2', bps_rd_max_length: ',mbps_rd=1,mbps_rd_max=2', bps_wr_max_length: ',mbps_wr=1,mbps_wr_max=2',
  bps_rd_length: ',mbps_rd=1,mbps_rd_max=2', bps_wr_length: ',mbps_wr=1,mbps_wr_max=2',
  iops_max_length: ',iops=1,iops_max=2', iops_rd_max_length: ',iops_rd=1,iops_rd_max=2', iops_wr_max_length: ',iops_wr=1,iops_wr_max=2',
  iops_rd_length: ',iops_rd=1,iops_rd_max=2', iops_wr_length: ',iops_wr=1,iops_wr_max=2',
  mbps_max: ',mbps=1', mbps_rd_max: ',mbps_rd=1', mbps_wr_max: ',mbps_wr=1', iops_max: ',iops=1', iops_rd_max: ',iops_rd=1', iops_wr_max: ',iops_wr=1',
}
const driveProperties = (['ide', 'sata', 'scsi', 'virtio'] as const).flatMap(bus =>
  Object.keys(formatOf(`${bus}[n]`)).filter(property => !drivePropertiesElsewhere.has(property)).map(property => [bus, property] as const))

describe.each([['7.2.22'], ['10.0.8']])('every property of a drive, QEMU %s', qemuVersion => {
  it.each(driveProperties)('%s: %s changes the arguments', async (bus, property) => {
    const plain = `local:100/vm-100-disk-0.raw${driveCompanions[property] ?? ''}`
    const scsihw = 'virtio-scsi-single'
    const text = `${plain},${property}=${driveSamples[property] ?? ''}`
    expect(readDrive(`${bus}0`, text)).toBeDefined()
    const before = await argumentsOf({scsihw, [`${bus}0`]: plain}, {qemuVersion})
    const after = await argumentsOf({scsihw, [`${bus}0`]: text}, {qemuVersion}).catch((error: unknown) => error)
    if (property === 'snapshot' && qemuVersion.startsWith('10')) expect(String(after)).toContain('snapshot')
    else expect((after as typeof before).argv).not.toEqual(before.argv)
  })
})

describe('every property of a network card', () => {
  it.each([['bridge', 'bridge=vxlan0'], ['macaddr', 'macaddr=BC:24:11:00:00:09'], ['model', 'model=e1000'], ['mtu', 'mtu=1000'], ['queues', 'queues=4'], ['link_down', 'link_down=1']])('%s reaches the guest', async (_, text) => {
    const plain = 'model=virtio,macaddr=BC:24:11:00:00:01,bridge=vmbr0'
    const key = text.split('=')[0] ?? ''
    const changed = [...plain.split(',').filter(part => !part.startsWith(`${key}=`)), text].join(',')
    expect(await argumentsOf({net0: changed})).not.toEqual(await argumentsOf({net0: plain}))
  })

  it('rate and VLANs are for the script that plugs in the tap', () => {
    expect(readNic('net0', 'virtio,bridge=vmbr0,rate=12.5,tag=5,trunks=7;9-11')).toMatchObject({rate: 12.5, tag: 5, trunks: ['7', '9-11']})
    const aliases = Object.entries(formatOf('net[n]')).filter(([, schema]) => schema.alias === undefined).map(([name]) => name)
    expect(aliases.sort()).toEqual(['bridge', 'link_down', 'macaddr', 'model', 'mtu', 'queues', 'rate', 'tag', 'trunks'])
  })
})

function formatOf(key: keyof typeof qemuConfigParams): PropertyFormat {
  const schema: ValueSchema = qemuConfigParams[key]
  if (typeof schema.format !== 'object') throw new Error(`${key} has no sub-properties`)
  return schema.format
}
