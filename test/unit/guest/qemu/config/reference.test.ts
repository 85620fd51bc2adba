// Every key of Proxmox VE's qm.conf is known, checked, and comes back as it was written.
import fs from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {formatQemuConfig, parseQemuConfig, qemuConfigParams, unsupportedKeys} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {checkPlainValues} from '../../../../../src/lib/guest/qemu/config/index.ts'
import type {PropertyFormat, ValueSchema} from '../../../../../src/lib/spec/index.ts'
import {notBuiltYet} from '../../../../../src/lib/spec/index.ts'
import {checkParams} from '../../../../../src/lib/spec/validate.ts'

interface Facts { readonly type?: string; readonly enum?: readonly string[]; readonly min?: number; readonly max?: number; readonly subProperties?: readonly {name: string}[]; readonly index?: {min: number; max: number} }

const file = path.resolve(import.meta.dirname, '../../../../../../shared/pve-surface/config.json')
const isThere = fs.existsSync(file)
const reference = isThere ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, {options: Record<string, Facts>}>)['qm.conf']?.options ?? {} : {}
const own = qemuConfigParams as Readonly<Record<string, ValueSchema>>

/** A right value of each key. */
const samples: Readonly<Record<string, string>> = {
  acpi: '1', affinity: '0,5,8-11', agent: '1,type=virtio', 'allow-ksm': '0', 'amd-sev': 'std,no-debug=1', arch: 'x86_64', args: '-no-hpet', audio0: 'device=AC97', autostart: '1', balloon: '512',
  bios: 'ovmf', boot: 'order=scsi0', bootdisk: 'scsi0', cdrom: 'none', cicustom: 'user=local:snippets/u.yml', cipassword: '$5$a$b', citype: 'nocloud', ciupgrade: '0', ciuser: 'joe', cores: '4',
  cpu: 'host,flags=+aes', cpulimit: '1.5', cpuunits: '200', description: 'notes', efidisk0: 'local:100/vm-100-disk-0.raw,efitype=4m', freeze: '0', hookscript: 'local:snippets/h.sh',
  'hostpci[n]': '0000:01:00.0,pcie=1,x-vga=1', hotplug: 'disk,network', hugepages: 'any', 'ide[n]': 'local:iso/a.iso,media=cdrom', 'intel-tdx': 'tdx,attestation=1', 'ipconfig[n]': 'gw=192.0.2.1,ip=192.0.2.2/24',
  ivshmem: 'size=32,name=a', keephugepages: '1', keyboard: 'de', kvm: '1', localtime: '1', lock: 'backup', machine: 'pc-q35-9.0,viommu=virtio', memory: '2048', migrate_downtime: '0.5', migrate_speed: '10',
  name: 'web', nameserver: '192.0.2.53 2001:db8::53', 'net[n]': 'virtio=BC:24:11:00:00:01,bridge=vmbr0', numa: '1', 'numa[n]': 'cpus=0-1,hostnodes=0,memory=1024,policy=bind', onboot: '1', ostype: 'l26',
  'parallel[n]': '/dev/parport0', protection: '1', reboot: '0', rng0: '/dev/urandom', 'sata[n]': 'none,media=cdrom', 'scsi[n]': 'local:100/vm-100-disk-1.raw,scsiblock=1', scsihw: 'virtio-scsi-single',
  searchdomain: 'example.com', 'serial[n]': 'socket', shares: '500', smbios1: 'uuid=3dd750ce-d910-44d0-9493-525c0be4e687', smp: '2', sockets: '2', spice_enhancements: 'foldersharing=1', sshkeys: 'ssh-ed25519%20AAAA',
  startdate: 'now', startup: 'order=1,up=30', tablet: '1', tags: 'a;b', tdf: '0', template: '0', tpmstate0: 'local:100/vm-100-disk-2.raw,version=v2.0', 'unused[n]': 'local:100/vm-100-disk-9.raw',
  'usb[n]': 'mapping=stick', vcpus: '2', vga: 'std,memory=32', 'virtio[n]': 'local:100/vm-100-disk-3.raw,iothread=1', 'virtiofs[n]': 'share,cache=always', vmgenid: '1', vmstatestorage: 'local', watchdog: 'i6300esb,action=reset',
}
const nameOf = (key: string) => key.replace('[n]', '0')

describe.skipIf(!isThere)('qm.conf beside the reference (skipped when ../shared is not there)', () => {
  it('has every key, and no others', () => {
    expect(Object.keys(own).sort()).toEqual(Object.keys(reference).sort())
    expect(Object.keys(samples).sort()).toEqual(Object.keys(reference).sort())
  })

  it.each(Object.entries(reference))('%s has the facts of the reference', (key, facts) => {
    const schema = own[key] ?? {}
    if (facts.enum !== undefined) expect([...schema.enum ?? []].map(String).sort()).toEqual([...facts.enum].sort())
    if (facts.min !== undefined) expect(schema.minimum).toBe(facts.min)
    if (facts.max !== undefined) expect(schema.maximum).toBe(facts.max)
    if (facts.index !== undefined) expect(schema.index).toEqual(facts.index)
    // The start order is a format of its own.
    if (facts.subProperties === undefined || typeof schema.format !== 'object') return
    const format: PropertyFormat = schema.format
    const known = [...Object.keys(format), ...Object.keys(format[notBuiltYet] ?? {})]
    expect(facts.subProperties.map(({name}) => name).filter(name => !known.includes(name))).toEqual([])
  })
})

describe('every key of qm.conf', () => {
  it('has a sample here', () => {
    expect(Object.keys(samples).sort()).toEqual(Object.keys(own).sort())
  })

  it.each(Object.entries(samples))('%s is taken and comes back as it was written', (key, value) => {
    const name = nameOf(key)
    expect(checkParams(own, {[name]: value})).toBeDefined()
    if (key === 'cdrom' || key === 'description') return
    const text = `${name}: ${value}\n`
    const config = parseQemuConfig(text)
    expect(() => { checkPlainValues(config.current.values) }).not.toThrow()
    expect(formatQemuConfig(config)).toBe(text)
  })

  it('is carried out or refused by name at the start', () => {
    const waiting = Object.keys(samples).filter(key => unsupportedKeys({current: {values: {[nameOf(key)]: samples[key] ?? ''}}}).length > 0)
    expect(waiting).toEqual([])
  })
})
