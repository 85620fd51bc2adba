// Arguments for what belongs to the host: PCI and USB devices, whole SCSI disks, its CPUs, encrypted memory.
import {describe, expect, it} from 'vitest'
import {InvalidInputError, NotFoundError, UnsupportedError} from '../../../../../src/lib/base/index.ts'
import {buildArguments} from '../../../../../src/lib/guest/qemu/arguments/index.ts'
import {argumentsOf, deviceOf, guestInput, valuesOf} from './guest-input.ts'

describe('PCI devices of the host', () => {
  it('that are the main graphics card leave no other, and hide KVM', async () => {
    const {argv} = await argumentsOf({hostpci0: '01:00.0,x-vga=1,pcie=1', machine: 'q35', ostype: 'l26', cpu: 'host'})
    expect(deviceOf(argv, 'hostpci0')).toBe('vfio-pci,host=0000:01:00.0,id=hostpci0,bus=ich9-pcie-port-1,addr=0x0,x-vga=on')
    expect(deviceOf(argv, 'vga')).toBeUndefined()
    expect(valuesOf(argv, '-cpu')[0]).toContain('kvm=off')
    expect(deviceOf((await argumentsOf({hostpci0: '01:00.0,x-vga=1', vga: 'std'})).argv, 'vga')).toContain('VGA')
  })

  it('sit on the root bus for Windows 7, and behind bridges from the fifth on', async () => {
    expect(deviceOf((await argumentsOf({hostpci4: '41:00.0,pcie=1', machine: 'q35', ostype: 'win7'})).argv, 'hostpci4')).toContain('bus=pcie.0,addr=0x9')
    expect(deviceOf((await argumentsOf({hostpci15: '41:00.0'})).argv, 'hostpci15')).toContain('bus=pci.2,addr=0x18')
  })

  it.each([
    [{hostpci0: '01:00.0,pcie=1'}, /needs the machine type q35/],
    [{hostpci0: '00:02.0,legacy-igd=1'}, /needs vga to be none/],
    [{hostpci0: '00:02.0,legacy-igd=1', vga: 'none', machine: 'q35'}, /needs the machine type pc/],
    [{hostpci0: '01:00.0,legacy-igd=1', vga: 'none'}, /is for the one device 00:02\.0/],
    [{hostpci0: '00:02.0,legacy-igd=1', hostpci1: '01:00.0,legacy-igd=1', vga: 'none'}, /only one device can be the first display/],
  ])('are refused where the board has no place for them: %j', async (values, message) => {
    await expect(argumentsOf(values)).rejects.toThrowError(message)
  })
})

describe('USB devices by mapping', () => {
  it('are what the mapping says', async () => {
    expect(deviceOf((await argumentsOf({usb0: 'mapping=stick'})).argv, 'usb0')).toContain('vendorid=0x0951,productid=0x1666')
    await expect(argumentsOf({usb0: 'mapping=other'})).rejects.toThrowError(NotFoundError)
  })
})

describe('SCSI devices of the host', () => {
  const devicesOf = async (values: Record<string, string>, scsiType: number, qemuVersion: string) => {
    const input = await guestInput({scsi0: 'local:100/vm-100-disk-0.raw'}, {qemuVersion})
    const drives = {scsi0: {source: {protocol: {driver: 'host_device', filename: '/dev/sda'}, format: 'raw' as const}, scsiType}}
    return buildArguments({...input, config: {values}, drives})
  }

  it.each([['7.2.22'], ['10.0.8']])('are handed through whole when asked for, tapes always (QEMU %s)', async version => {
    const disk = await devicesOf({scsi0: '/dev/sda,scsiblock=1,ssd=1'}, 0, version)
    expect(deviceOf(disk.argv, 'scsi0')).toMatch(/^scsi-block,bus=scsihw0\.0,scsi-id=0,drive=drive-scsi0,id=scsi0/)
    expect(valuesOf(disk.argv, '-blockdev').filter(text => text.includes('throttle'))).toEqual([])
    expect(deviceOf((await devicesOf({scsi0: '/dev/st0'}, 1, version)).argv, 'scsi0')).toMatch(/^scsi-generic,/)
    expect(deviceOf((await devicesOf({scsi0: '/dev/sda'}, 0, version)).argv, 'scsi0')).toMatch(/^scsi-hd,/)
  })

  it('keep their own serial number, which is said', async () => {
    expect((await devicesOf({scsi0: '/dev/sda,scsiblock=1,serial=abc,mbps=5'}, 0, '10.0.8')).warnings.join()).toMatch(/'scsi0' is handed through whole, so this has no effect: serial, bps-total/)
  })
})

describe('CPUs of the host', () => {
  it('are given by taskset', async () => {
    expect((await argumentsOf({affinity: '0,4-7'})).argv.slice(0, 5)).toEqual(['/usr/bin/taskset', '--cpu-list', '--all-tasks', '0,4-7', '/usr/bin/qemu-system-x86_64'])
    await expect(argumentsOf({affinity: '0,16-17'})).rejects.toThrowError(/names CPUs that this host does not have: 16, 17; it has 16, up to number 15/)
  })
})

describe('encrypted memory', () => {
  const sev = {bios: 'ovmf', efidisk0: 'local:100/vm-100-disk-2.raw,efitype=4m'}

  it.each([
    ['std', '0x8'], ['es', '0xc'], ['std,no-debug=1,no-key-sharing=1', '0xb'], ['snp', '0xb0000'], ['snp,no-debug=1,allow-smt=0', '0x20000'],
  ])('has the policy of amd-sev %s: %s', async (text, policy) => {
    const {argv} = await argumentsOf({bios: 'ovmf', 'amd-sev': text})
    expect(valuesOf(argv, '-object').find(object => object.startsWith('sev-'))).toMatch(new RegExp(`,policy=${policy}$`))
    expect(valuesOf(argv, '-machine')[0]).toContain('confidential-guest-support=sev0')
  })

  it('with SEV-SNP and TDX has its firmware in one file, and says that the disk for variables is left out', async () => {
    const {argv, warnings} = await argumentsOf({...sev, 'amd-sev': 'snp'})
    expect(valuesOf(argv, '-bios')).toEqual(['/usr/share/ovmf/OVMF.fd'])
    expect(argv.join(' ')).not.toContain('pflash')
    expect(warnings.join()).toContain("'efidisk0' is left out")
    const tdx = await argumentsOf({bios: 'ovmf', 'intel-tdx': 'tdx,vsock-port=99'}, {qemuVersion: '10.1.0'})
    expect(valuesOf(tdx.argv, '-object')).toContain('{"id":"tdx0","qom-type":"tdx-guest","quote-generation-socket":{"cid":"2","port":"99","type":"vsock"}}')
    expect(valuesOf(tdx.argv, '-machine')[0]).toContain('kernel-irqchip=split,confidential-guest-support=tdx0')
  })

  it.each([
    [{'amd-sev': 'std'}, {}, InvalidInputError, /needs bios=ovmf/],
    [{...sev, 'amd-sev': 'std', kvm: '0'}, {}, InvalidInputError, /needs KVM/],
    [{...sev, 'amd-sev': 'std', 'intel-tdx': 'tdx'}, {}, InvalidInputError, /either amd-sev or intel-tdx/],
    [{bios: 'ovmf', efidisk0: 'local:100/vm-100-disk-2.raw', 'amd-sev': 'es'}, {}, InvalidInputError, /larger kind/],
    [{...sev, 'amd-sev': 'std'}, {encryption: {sev: undefined, hasTdx: false}}, UnsupportedError, /SEV, which is not enabled on this host/],
    [{...sev, 'amd-sev': 'snp'}, {encryption: {sev: {cbitpos: 51, reducedPhysBits: 1, hasEs: true, hasSnp: false}, hasTdx: false}}, UnsupportedError, /SEV-SNP, which is not enabled/],
    [{...sev, 'amd-sev': 'snp'}, {qemuVersion: '7.2.22'}, UnsupportedError, /QEMU 7\.2\.22 cannot do; it came with 9\.1/],
    [{bios: 'ovmf', 'intel-tdx': 'tdx'}, {}, UnsupportedError, /QEMU 10\.0\.8 cannot do; it came with 10\.1/],
    [{bios: 'ovmf', 'intel-tdx': 'tdx'}, {encryption: {sev: undefined, hasTdx: false}}, UnsupportedError, /'intel-tdx' is not enabled/],
  ])('is refused where it cannot be: %j', async (values, host, kind, message) => {
    const failure: unknown = await argumentsOf(values, host).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(kind)
    expect((failure as Error).message).toMatch(message)
  })
})
