import {describe, expect, it} from 'vitest'
import {systemClock} from '../../../../../src/lib/base/index.ts'
import {buildArguments} from '../../../../../src/lib/guest/qemu/arguments/index.ts'
import {gatherFacts} from '../../../../../src/lib/guest/qemu/facts/index.ts'
import {parseCpuInfo} from '../../../../../src/lib/guest/qemu/facts/cpu-info.ts'
import {parseEmulatorVersion} from '../../../../../src/lib/guest/qemu/facts/emulator.ts'
import {fakeHost} from '../../../../../src/lib/host/fake/index.ts'
import type {FakeHost, FakeHostOptions} from '../../../../../src/lib/host/fake/index.ts'
import type {StorageContext} from '../../../../../src/lib/storage/index.ts'
import {newMemoryStoreData, openMemoryStore} from '../../../../../src/lib/store/memory/index.ts'

const binary = '/usr/bin/qemu-system-x86_64'
const cpuInfo = `processor\t: 0
vendor_id\t: GenuineIntel
flags\t\t: fpu vmx aes
address sizes\t: 46 bits physical, 48 bits virtual

processor\t: 1
vendor_id\t: GenuineIntel
`
const versionAnswer = {argv: [binary, '--version'], stdout: 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright …\n'}
const places = {stateDir: '/var/lib/corral', runDir: '/run/corral', logDir: '/var/log/corral', root: undefined}

function contextOf(host: FakeHost): StorageContext {
  return {node: 'h1', host, clock: systemClock, places, store: openMemoryStore({data: newMemoryStoreData(), node: 'h1', clock: systemClock}), signal: new AbortController().signal}
}

function hostWith(options: FakeHostOptions = {}): FakeHost {
  return fakeHost({programs: ['qemu-system-x86_64'], answers: [versionAnswer], ...options, files: {'/proc/cpuinfo': cpuInfo, [binary]: 'elf', ...options.files}})
}

describe('facts', () => {
  it('are looked up for the guest that asks', async () => {
    const host = hostWith({files: {
      '/sys/class/net/vmbr0/bridge/': '', '/sys/class/net/vmbr0/mtu': '1400\n', '/etc/iscsi/initiatorname.iscsi': '## a comment\nInitiatorName=iqn.1993-08.org.debian:01:abc\n',
      '/usr/share/OVMF/OVMF_CODE_4M.fd': 'code', '/usr/share/OVMF/OVMF_VARS_4M.fd': 'vars', '/proc/sys/kernel/io_uring_disabled': '2\n',
    }})
    const {host: facts, paths, eventSocket} = await gatherFacts(100, {values: {bios: 'ovmf', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0', net1: 'virtio=BC:24:11:00:00:02,bridge=none0'}}, contextOf(host))
    expect(facts).toMatchObject({
      cpuVendor: 'GenuineIntel', cpuCount: 2, physAddressBits: 46, nestedFlag: 'vmx', isKvmUsable: false, hasVhostNet: false, hasIoUring: false,
      emulators: {x86_64: {binary, version: '7.2.22'}}, iscsiInitiator: 'iqn.1993-08.org.debian:01:abc',
      firmware: {'4m': {code: '/usr/share/OVMF/OVMF_CODE_4M.fd', varsSizeBytes: 4}},
    })
    expect(facts.bridgeMtu).toEqual({vmbr0: 1400})
    expect(facts.firmware['2m']).toBeUndefined()
    expect(facts.support.q35).toMatch(/\/libexec\/qemu\/pve-q35-4\.0\.cfg$/)
    expect(paths.qmp).toBe('/run/corral/qemu-server/100.qmp')
    expect(eventSocket).toBe('/run/corral/qmeventd.sock')
    host.assertAllUsed()
  })

  it('ask QEMU for its version once, and again when the binary has changed', async () => {
    const host = hostWith({answers: [versionAnswer, {...versionAnswer, stdout: 'QEMU emulator version 10.0.2 (Debian)\n'}]})
    const context = contextOf(host)
    const version = async () => (await gatherFacts(100, {values: {}}, context)).host.emulators.x86_64?.version
    expect([await version(), await version()]).toEqual(['7.2.22', '7.2.22'])
    await host.files.write(binary, 'a newer elf')
    expect(await version()).toBe('10.0.2')
    host.assertAllUsed()
  })

  it('say that no QEMU is installed, and which package brings it', async () => {
    const input = await gatherFacts(100, {values: {kvm: '0'}}, contextOf(hostWith({programs: [], answers: []})))
    expect(() => buildArguments(input)).toThrowError(/no QEMU for x86_64 guests is installed/)
  })

  it('find volumes where their storage has them, paths where they are', async () => {
    const host = hostWith({files: {'/srv/data.raw': 'data'}})
    const values = {kvm: '0', scsi0: 'local:100/vm-100-disk-0.qcow2', scsi1: '/srv/data.raw', ide2: 'none,media=cdrom', ide0: 'cdrom,media=cdrom'}
    const {drives} = await gatherFacts(100, {values}, contextOf(host))
    expect(drives['scsi0']?.source).toEqual({protocol: {driver: 'file', filename: '/var/lib/corral/vz/images/100/vm-100-disk-0.qcow2'}, format: 'qcow2'})
    expect(drives['scsi1']?.source).toEqual({protocol: {driver: 'file', filename: '/srv/data.raw'}, format: 'raw'})
    expect(drives['ide0']?.source.protocol).toEqual({driver: 'host_cdrom', filename: '/dev/cdrom'})
    expect(drives['ide2']).toBeUndefined()
  })

  it.each([
    ['a path that is not there', '/srv/none.raw', /'\/srv\/none\.raw' of 'scsi0' is not there/],
    ['a folder', '/srv/folder', /neither a file nor a device/],
    ['an image format that QEMU may not be led to', '/srv/data.raw,format=qed', /'qed' are not supported/],
    ['a storage that is not there', 'nas:100/vm-100-disk-0.raw', /no storage 'nas'/],
    ['a volume name that leads out', 'local:../../etc/shadow', /./],
  ])('refuse %s', async (_, text, message) => {
    const host = hostWith({files: {'/srv/data.raw': 'data', '/srv/folder/': ''}})
    await expect(gatherFacts(100, {values: {scsi0: text}}, contextOf(host))).rejects.toThrowError(message)
  })

  it('refuse a volume on a storage that is not for it', async () => {
    const host = hostWith()
    const context = contextOf(host)
    await context.store.commit({put: {'storage.cfg': 'dir: isos\n\tpath /srv/isos\n\tcontent iso\n'}})
    await expect(gatherFacts(100, {values: {scsi0: 'isos:100/vm-100-disk-0.raw'}}, context)).rejects.toThrowError(/'isos' of 'scsi0' is not for images/)
  })

  it('know the administrator\'s CPU models', async () => {
    const context = contextOf(hostWith())
    await context.store.commit({put: {'virtual-guest/cpu-models.conf': 'cpu-model: mine\n\treported-model athlon\n\tflags +avx\n\thidden 1\n'}})
    expect((await gatherFacts(100, {values: {cpu: 'custom-mine'}}, context)).host.customCpuModels).toEqual({mine: {'reported-model': 'athlon', flags: '+avx', hidden: true}})
  })
})

describe('reading what the kernel and QEMU say', () => {
  it('takes CPUs apart, and makes do with little', () => {
    expect(parseCpuInfo(cpuInfo)).toEqual({vendor: 'GenuineIntel', count: 2, physAddressBits: 46, nestedFlag: 'vmx'})
    expect(parseCpuInfo('')).toEqual({vendor: '', count: 1, physAddressBits: undefined, nestedFlag: undefined})
  })

  it('finds QEMU\'s version', () => {
    expect(parseEmulatorVersion('QEMU emulator version 10.0.8 (Debian 1:10.0.8+ds-0+deb13u1)')).toBe('10.0.8')
    expect(parseEmulatorVersion('something else 1.2')).toBeUndefined()
  })
})
