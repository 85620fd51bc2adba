import {describe, expect, it} from 'vitest'
import {UnsupportedError} from '../../../../../src/lib/base/index.ts'
import {resolveMachine} from '../../../../../src/lib/guest/qemu/arguments/index.ts'
import {argumentsOf, valuesOf} from './guest-input.ts'

describe('the board', () => {
  it.each([
    [{}, '10.0.8', 'pc', {major: 10, minor: 0, revision: 1}],
    [{machine: 'q35'}, '7.2.22', 'q35', {major: 7, minor: 2, revision: 0}],
    [{machine: 'pc-q35-9.2+pve1'}, '10.0.8', 'pc-q35-9.2', {major: 9, minor: 2, revision: 1}],
    [{machine: 'pc-q35-9.2'}, '10.0.8', 'pc-q35-9.2', {major: 9, minor: 2, revision: 0}],
    [{machine: 'pc-i440fx-5.1+pve0.pxe'}, '10.0.8', 'pc-i440fx-5.1', {major: 5, minor: 1, revision: 0}],
    // Windows stays with the board of its installation.
    [{ostype: 'win10'}, '10.0.8', 'pc-i440fx-5.1', {major: 5, minor: 1, revision: 0}],
    [{ostype: 'win11', machine: 'q35', meta: 'creation-qemu=9.2.0,ctime=1'}, '10.0.8', 'pc-q35-9.2', {major: 9, minor: 2, revision: 0}],
    [{ostype: 'win11', meta: 'creation-qemu=9.0.0'}, '10.0.8', 'pc-i440fx-5.1', {major: 5, minor: 1, revision: 0}],
    // … unless it moved to a host with an older QEMU.
    [{ostype: 'win11', meta: 'creation-qemu=10.0.2'}, '7.2.22', 'pc-i440fx-7.2', {major: 7, minor: 2, revision: 0}],
  ])('%j on QEMU %s is %s', (values: Record<string, string>, qemu, type, version) => {
    expect(resolveMachine(values, 'x86_64', qemu)).toMatchObject({type, version})
  })

  it('cannot be newer than QEMU', () => {
    expect(() => resolveMachine({machine: 'pc-q35-8.0'}, 'x86_64', '7.2.22')).toThrowError(UnsupportedError)
    expect(() => resolveMachine({machine: 'pc-q35-8.0'}, 'x86_64', '7.2.22')).toThrowError(/newer than the installed QEMU 7\.2\.22/)
    expect(() => resolveMachine({machine: 'pc-q35-9.2+pve7'}, 'x86_64', '10.0.8')).toThrowError(/\+pve1/)
  })

  it('is told to QEMU without the revisions that stock QEMU does not know', async () => {
    const {argv, machine} = await argumentsOf({machine: 'pc-q35-9.2+pve1'})
    expect(machine).toBe('pc-q35-9.2')
    expect(valuesOf(argv, '-machine')).toEqual(['type=pc-q35-9.2'])
    expect(argv.join(' ')).not.toContain('+pve')
    expect(argv).not.toContain('-id')
  })

  it('turns System Management Mode off for SeaBIOS without a display', async () => {
    expect(valuesOf((await argumentsOf({vga: 'serial0', kvm: '0'})).argv, '-machine')).toEqual(['accel=tcg,smm=off,type=pc'])
    expect(valuesOf((await argumentsOf({vga: 'none', bios: 'ovmf'})).argv, '-machine')[0]).not.toContain('smm')
  })
})

describe('the host', () => {
  it('needs KVM unless the configuration does without', async () => {
    await expect(argumentsOf({}, {isKvmUsable: false})).rejects.toMatchObject({
      message: expect.stringContaining('KVM is not usable') as string, nextSteps: [expect.stringContaining('qm set 100 --kvm 0')],
    })
    expect((await argumentsOf({kvm: '0'}, {isKvmUsable: false})).usesKvm).toBe(false)
  })

  it('needs an emulator for the guest\'s architecture', async () => {
    await expect(argumentsOf({arch: 'aarch64'})).rejects.toThrowError(/aarch64/)
    const {argv} = await argumentsOf({arch: 'aarch64', serial0: 'socket'}, {emulators: {aarch64: {binary: '/usr/bin/qemu-system-aarch64', version: '10.0.8'}}})
    expect(argv[0]).toBe('/usr/bin/qemu-system-aarch64')
    expect(valuesOf(argv, '-machine')).toEqual(['accel=tcg,type=virt'])
    expect(valuesOf(argv, '-serial')).toEqual(['chardev:serial0'])
  })

  it('needs a QEMU that understands the arguments', async () => {
    await expect(argumentsOf({}, {qemuVersion: '5.2.0'})).rejects.toThrowError(/QEMU 5\.2\.0 is too old/)
  })

  it('needs enough CPUs', async () => {
    await expect(argumentsOf({cores: '17'})).rejects.toThrowError(/17 CPUs, but this host has 16/)
  })

  it('needs the firmware', async () => {
    await expect(argumentsOf({bios: 'ovmf'}, {firmware: {}})).rejects.toThrowError(/firmware/)
  })

  it('says what to copy for firmware variables that nobody keeps', async () => {
    expect((await argumentsOf({bios: 'ovmf'})).temporaryFiles).toEqual([{from: '/usr/share/OVMF/OVMF_VARS.fd', to: '/run/corral/qemu-server/efidisk/100-ovmf.fd'}])
  })

  it('gives the event socket in the words of its QEMU', async () => {
    const eventSocket = async (qemuVersion: string) => valuesOf((await argumentsOf({}, {qemuVersion})).argv, '-chardev')[1]
    expect(await eventSocket('9.1.0')).toContain(',reconnect=5')
    expect(await eventSocket('9.2.0')).toContain(',reconnect-ms=5000')
  })
})

describe('power states', () => {
  const globals = async (machine: string) => valuesOf((await argumentsOf({machine})).argv, '-global')
  it('are off since 9.2+pve1 unless asked for', async () => {
    expect(await globals('pc-i440fx-9.2')).toEqual([])
    expect(await globals('pc-i440fx-9.2+pve1')).toEqual(['PIIX4_PM.disable_s3=1', 'PIIX4_PM.disable_s4=1'])
    expect(await globals('q35,enable-s3=1')).toEqual(['ICH9-LPC.disable_s4=1'])
    expect(await globals('pc-i440fx-5.1,enable-s4=0')).toEqual(['PIIX4_PM.disable_s4=1'])
  })
})

describe('old hotplug of q35', () => {
  it('is kept for Linux guests that may be older than QEMU 6.1', async () => {
    const flag = 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'
    const has = async (values: Record<string, string>) => valuesOf((await argumentsOf({machine: 'q35', ostype: 'l26', ...values})).argv, '-global').includes(flag)
    expect(await has({})).toBe(true)
    expect(await has({meta: 'creation-qemu=9.0.2,ctime=1725975013'})).toBe(false)
    expect(await has({machine: 'pc-q35-7.2'})).toBe(false)
    expect(await has({ostype: 'other'})).toBe(false)
  })
})
