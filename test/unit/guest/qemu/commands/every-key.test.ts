// Every key of qm.conf as an option of qm create: it changes the configuration that is planned, or it is refused. A key without a value here fails,
// and so does a value without a key.
import {isDeepStrictEqual} from 'node:util'
import {expect, it} from 'vitest'
import {AppError} from '../../../../../src/lib/base/index.ts'
import {qemuConfigParams} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {machineRoom, outcomeOf} from '../support/run-qm.ts'

/** A value that is not the default; undefined where the key is refused for a new machine. */
const values: Readonly<Record<string, string | undefined>> = {
  'acpi': '0', 'affinity': '0,1', 'agent': '1', 'allow-ksm': '0', 'amd-sev': 'std', 'arch': 'aarch64', 'args': '-no-hpet', 'audio0': 'device=AC97', 'autostart': '1', 'balloon': '256',
  'bios': 'ovmf', 'boot': 'order=net1', 'bootdisk': 'scsi0', 'cdrom': 'none', 'cicustom': 'user=local:snippets/u.yml', 'cipassword': 'secret12', 'citype': 'nocloud', 'ciupgrade': '0',
  'ciuser': 'ann', 'cores': '2', 'cpu': 'host', 'cpulimit': '1.5', 'cpuunits': '200', 'description': 'a note', 'efidisk0': 'local:1,efitype=4m', 'freeze': '1', 'hookscript': undefined,
  'hostpci[n]': '01:00.0', 'hotplug': 'disk', 'hugepages': '2', 'ide[n]': 'local:0.01', 'intel-tdx': 'tdx', 'ipconfig[n]': 'ip=dhcp', 'ivshmem': 'size=32', 'keephugepages': '1', 'keyboard': 'de',
  'kvm': '0', 'localtime': '1', 'lock': 'backup', 'machine': 'q35', 'memory': '1024', 'migrate_downtime': '0.5', 'migrate_speed': '10', 'name': 'web', 'nameserver': '192.0.2.1',
  'net[n]': 'virtio', 'numa': '1', 'numa[n]': 'cpus=0,memory=512', 'onboot': '1', 'ostype': 'l26', 'parallel[n]': '/dev/parport0', 'protection': '1', 'reboot': '0', 'rng0': 'source=/dev/urandom',
  'sata[n]': 'local:0.01', 'scsi[n]': 'local:0.01', 'scsihw': 'virtio-scsi-pci', 'searchdomain': 'example.net', 'serial[n]': 'socket', 'shares': '500',
  'smbios1': 'uuid=6bd5c1e0-6f5b-4b5c-8d2f-0d3f1c3b5a77', 'smp': '2', 'sockets': '2', 'spice_enhancements': 'foldersharing=1', 'sshkeys': 'ssh-ed25519%20AAAA', 'startdate': '2026-01-01',
  'startup': 'order=1', 'tablet': '0', 'tags': 'one', 'tdf': '1', 'template': '1', 'tpmstate0': 'local:1,version=v2.0', 'unused[n]': undefined, 'usb[n]': 'spice', 'vcpus': '1', 'vga': 'virtio',
  'virtio[n]': 'local:0.01', 'virtiofs[n]': 'docs', 'vmgenid': '6bd5c1e0-6f5b-4b5c-8d2f-0d3f1c3b5a78', 'vmstatestorage': 'local', 'watchdog': 'ib700',
}
/** What a key needs beside it. */
const beside: Readonly<Record<string, Readonly<Record<string, string>>>> = {boot: {net0: 'virtio', net1: 'virtio'}, vcpus: {cores: '2'}}

const keys = Object.keys(qemuConfigParams)

it('the table has every key, and no other', () => {
  expect(keys.filter((key) => !Object.hasOwn(values, key))).toEqual([])
  expect(Object.keys(values).filter((key) => !keys.includes(key))).toEqual([])
})

it('each of them changes what qm create plans, or is refused', async () => {
  const context = await (await machineRoom()).open()
  const planned = async (options: Readonly<Record<string, string>>) => configOf(await outcomeOf('create', {vmid: '100', ...options}, context, {dryRun: true}))
  const withoutEffect: string[] = []
  for (const key of keys) {
    const name = key.replace('[n]', '1')
    const value = values[key]
    if (value === undefined) await expect(planned({[name]: 'local:snippets/none'}), key).rejects.toBeInstanceOf(AppError)
    else if (isDeepStrictEqual(await planned({...beside[key], [name]: value}), await planned({...beside[key]}))) withoutEffect.push(key)
  }
  expect(withoutEffect).toEqual([])
}, 60_000)

/** The lines of the configuration that the plan ends with, without what is drawn anew each time. */
function configOf(outcome: Awaited<ReturnType<typeof outcomeOf>>): readonly string[] {
  if (outcome.outcome !== 'planned') throw new Error('nothing was planned')
  const text = outcome.lines.filter((line) => line.startsWith('+') && !/^\+(?:\+\+|qemu |meta:|lock: create)/.test(line))
  return text.map((line) => line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (uuid) => (uuid.startsWith('6bd5c1e0') ? uuid : 'UUID')).replace(/(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/g, 'MAC'))
}
