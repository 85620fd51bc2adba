import {describe, expect, it} from 'vitest'
import {ToolError, UnavailableError} from '../../../../../src/lib/base/index.ts'
import {blamedKey, errorLines, explainLaunchFailure} from '../../../../../src/lib/guest/qemu/runtime/launch-failure.ts'

const argv = [
  'qemu-system-x86_64', '-name', 'web', '-m', '512', '-cpu', 'nonsense', '-machine', 'accel=tcg,type=pc-i440fx-99.9',
  '-drive', 'file=/x/y.qcow2,if=none,id=drive-scsi0,format=qcow2', '-device', 'scsi-hd,bus=scsihw0.0,drive=drive-scsi0,id=scsi0',
  '-blockdev', '{"driver":"throttle","node-name":"drive-virtio1","file":{"driver":"raw"}}',
  '-netdev', 'type=tap,id=net0,ifname=tap100i0,script=/l/pve-bridge', '-device', 'virtio-net-pci,mac=AA,netdev=net0,id=net0',
  '-netdev', 'type=tap,id=net1,ifname=tap100i1,script=/l/pve-bridge',
  '-chardev', 'serial,id=serial2,path=/dev/ttyS9', '-device', 'isa-serial,chardev=serial2', '-object', 'memory-backend-ram,id=ram-node0,size=512M',
  '-object', 'iothread,id=iothread-virtio1', '-device', 'virtio-balloon-pci,id=balloon0', '-enable-kvm',
  '-device', 'made-by-hand',
]

describe('the key that made QEMU refuse', () => {
  it.each([
    ['qemu-system-x86_64: -device scsi-hd,bus=scsihw0.0,drive=drive-scsi0,id=scsi0: Failed to get "write" lock', 'scsi0'],
    ['qemu-system-x86_64: -drive file=/x/y.qcow2,if=none,id=drive-scsi0,format=qcow2: Image is not in qcow2 format', 'scsi0'],
    ['qemu-system-x86_64: -blockdev {"driver":"throttle","node-name":"drive-virtio1","file":{"driver":"raw"}}: no such node', 'virtio1'],
    ['pve-bridge: there is no bridge vmbr3 for tap100i0\nqemu-system-x86_64: -netdev type=tap,id=net0,ifname=tap100i0,script=/l/pve-bridge: network script /l/pve-bridge failed with status 256', 'net0'],
    ['qemu-system-x86_64: -netdev type=tap,id=net1,ifname=tap100i1,script=/l/pve-bridge: could not configure /dev/net/tun', 'net1'],
    ['qemu-system-x86_64: -chardev serial,id=serial2,path=/dev/ttyS9: Could not open', 'serial2'],
    ['qemu-system-x86_64: -device isa-serial,chardev=serial2: no', 'serial2'],
    ['qemu-system-x86_64: -object memory-backend-ram,id=ram-node0,size=512M: cannot bind memory', 'memory'],
    ['qemu-system-x86_64: -device virtio-balloon-pci,id=balloon0: no', 'balloon'],
    ['qemu-system-x86_64: unable to find CPU model \'nonsense\'', 'cpu'],
    ['qemu-system-x86_64: -machine accel=tcg,type=pc-i440fx-99.9: unsupported machine type', 'machine'],
    ['qemu-system-x86_64: unsupported machine type\nUse -machine help to list supported machines', 'machine'],
    ['Could not access KVM kernel module: No such file or directory', 'kvm'],
    ['qemu-system-x86_64: cannot set up guest memory \'pc.ram\': Cannot allocate memory', 'memory'],
    ['qemu-system-x86_64: -device made-by-hand: \'made-by-hand\' is not a valid device model name', 'args'],
    ['qemu-system-x86_64: Device \'drive-scsi0\' is in use', 'scsi0'],
    ['something else entirely', undefined],
    ['', undefined],
  ])('%s', (stderr, key) => {
    expect(blamedKey(stderr, argv, 2)).toBe(key)
  })
})

describe('the error of a QEMU that ended at once', () => {
  const failed = (stderr: string, exitCode: number | null = 1, signal?: string) =>
    new ToolError('qemu failed', {host: 'h1', argv, exitCode, stderr, ...(signal === undefined ? {} : {signal})})

  it('says what QEMU said, without warnings and terminal escapes', () => {
    const stderr = 'qemu-system-x86_64: warning: TCG is slow\nqemu-system-x86_64: -device virtio-balloon-pci,id=balloon0: b\u001b[31mad\n'
    const error = explainLaunchFailure(failed(stderr), 100, argv, 2) as ToolError
    expect(error.message).toBe("QEMU did not start virtual machine 100 because of 'balloon': -device virtio-balloon-pci,id=balloon0: b [31mad")
    expect(error.data).toMatchObject({vmid: 100, key: 'balloon', exitCode: 1})
    expect(error.nextSteps[0]).toContain("'balloon'")
  })

  it('says how it ended when it said nothing', () => {
    expect((explainLaunchFailure(failed('', null, 'SIGSEGV'), 100, argv) as ToolError).message).toBe('QEMU did not start virtual machine 100: it was ended by SIGSEGV')
    expect((explainLaunchFailure(failed(''), 100, argv) as ToolError).message).toContain('exit code 1 and without a word')
  })

  it('leaves other errors alone', () => {
    const timeout = new UnavailableError('too slow')
    expect(explainLaunchFailure(timeout, 100, argv)).toBe(timeout)
  })

  it('keeps the last lines only', () => {
    expect(errorLines(Array.from({length: 500}, (_, index) => `line ${index}`).join('\n'))).toEqual(['line 495', 'line 496', 'line 497', 'line 498', 'line 499'])
  })
})
