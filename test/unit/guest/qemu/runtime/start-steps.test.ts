import {describe, expect, it} from 'vitest'
import type {QemuArguments} from '../../../../../src/lib/guest/qemu/arguments/index.ts'
import {afterEndSteps} from '../../../../../src/lib/guest/qemu/runtime/after-end-steps.ts'
import {startSteps, startVolumes} from '../../../../../src/lib/guest/qemu/runtime/start-steps.ts'
import {limitMs, shutdownTimeoutSeconds, startTimeoutSeconds} from '../../../../../src/lib/guest/qemu/runtime/timeouts.ts'

const built: QemuArguments = {
  argv: ['qemu', '-cpu', 'kvm64', '-m', '512'], warnings: [], machine: 'pc', usesKvm: false, linksDown: ['net1'], temporaryFiles: [],
  taps: [{key: 'net0', name: 'tap100i0', bridge: 'vmbr0'}, {key: 'net1', name: 'tap100i1', bridge: 'vmbr1'}],
}
const values = {
  memory: '2048', balloon: '1024', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,mtu=1,rate=1.5', net1: 'e1000=BC:24:11:00:00:02,bridge=vmbr1,mtu=1400,link_down=1',
  scsi0: 'local:100/vm-100-disk-0.raw,size=4G', ide2: 'none,media=cdrom', sata0: '/dev/sdx', virtio3: 'local:100/vm-100-disk-1.qcow2', efidisk0: 'local:100/vm-100-disk-0.raw',
}

const nothing = {helpers: [], pciSteps: [], hugePages: [], scopeUnit: undefined}

describe('the steps of a start', () => {
  const steps = startSteps({vmid: 100, values, built, forcedCpu: undefined, timeoutMs: 30_000, ...nothing})

  it('come in an order in which each can be taken back', () => {
    expect(steps.map((step) => `${step.do.kind} <- ${step.undo?.kind ?? 'nothing'}`)).toEqual([
      'guest.attach-volumes <- guest.detach-volumes', 'qemu.prepare <- qemu.undo-start', 'qemu.watch <- nothing', 'qemu.launch <- nothing', 'qemu.settle <- nothing',
    ])
  })

  it('set aside what the host gives, and end QEMU before a device goes back to its driver', () => {
    const pciSteps = [{do: {kind: 'qemu.bind-pci'}, undo: {kind: 'qemu.bind-pci'}}]
    const hugePages = [{hostNode: 0, pageMib: 2, count: 512}]
    const full = startSteps({vmid: 100, values: {cpulimit: '1.5', cpuunits: '200', keephugepages: '1'}, built: {...built, taps: []}, forcedCpu: undefined, timeoutMs: 1, ...nothing, pciSteps, hugePages})
    expect(full.map((step) => `${step.do.kind} <- ${step.undo?.kind ?? 'nothing'}`)).toEqual([
      'qemu.prepare <- qemu.undo-start', 'qemu.reserve-hugepages <- nothing', 'qemu.bind-pci <- qemu.bind-pci', 'qemu.watch <- nothing', 'qemu.launch <- qemu.undo-start',
      'qemu.limit-cpu <- nothing', 'qemu.settle <- nothing',
    ])
    expect(full[1]?.do).toMatchObject({pages: hugePages, keep: true})
    expect(full[5]?.do).toMatchObject({time: {limit: 1.5, units: 200}})
  })

  it('put the guest into a scope where systemd owns the control groups', () => {
    const steps = startSteps({vmid: 100, values: {cpulimit: '1.5', cpuunits: '20000'}, built: {...built, taps: []}, forcedCpu: undefined, timeoutMs: 1, ...nothing, scopeUnit: 'corral-100'})
    expect(steps.map(({do: {kind}}) => kind)).not.toContain('qemu.limit-cpu')
    expect(steps.find(({do: {kind}}) => kind === 'qemu.launch')?.do['argv']).toEqual([
      'systemd-run', '--scope', '--quiet', '--collect', '--unit=corral-100', '--slice=corral.slice', '--property', 'Before=corral-guests.service', '--property', 'CPUWeight=10000', '--property', 'CPUQuota=150%', '--', ...built.argv,
    ])
  })

  it('put the programs beside QEMU into scopes of their own there', () => {
    const format = {do: {kind: 'qemu.format-tpm'}}
    const helper = {do: {kind: 'qemu.start-helper', key: 'tpmstate0', argv: ['swtpm', 'socket'], socket: '/s', logPath: '/l'}}
    const wish = {vmid: 100, values: {}, built: {...built, taps: []}, forcedCpu: undefined, timeoutMs: 1, ...nothing, helpers: [format, helper]}
    expect(startSteps(wish)).toEqual(expect.arrayContaining([format, helper]))
    const [, sameFormat, scoped] = startSteps({...wish, scopeUnit: 'corral-100'})
    expect(sameFormat).toEqual(format)
    expect(scoped).toEqual({do: {...helper.do, argv: [
      'systemd-run', '--scope', '--quiet', '--collect', '--unit=corral-100-tpmstate0', '--slice=corral.slice', '--property', 'Before=corral-guests.service', '--', 'swtpm', 'socket',
    ]}})
  })

  it('tell the network script what it needs', () => {
    expect(steps[1]?.do['taps']).toEqual([
      {tap: 'tap100i0', bridge: 'vmbr0', rateBytesPerSecond: 1_572_864}, {tap: 'tap100i1', bridge: 'vmbr1', mtu: 1400},
    ])
  })

  it('tell QEMU afterwards what arguments cannot', () => {
    expect(steps[4]?.do).toMatchObject({linksDown: ['net1'], balloonBytes: 1024 * 1024 * 1024})
    const full = startSteps({vmid: 100, values: {...values, balloon: '2048'}, built, forcedCpu: undefined, timeoutMs: 1, ...nothing})
    expect(full[4]?.do).not.toHaveProperty('balloonBytes')
    const none = startSteps({vmid: 100, values: {...values, balloon: '0'}, built, forcedCpu: undefined, timeoutMs: 1, ...nothing})
    expect(none[4]?.do).not.toHaveProperty('balloonBytes')
  })

  it('take another processor for once', () => {
    const forced = startSteps({vmid: 100, values, built, forcedCpu: 'max,+aes', timeoutMs: 1, ...nothing})
    expect(forced[3]?.do['argv']).toEqual(['qemu', '-cpu', 'max,+aes', '-m', '512'])
    expect(built.argv).toContain('kvm64')
  })

  it('say how much of argv came from args', () => {
    const own = startSteps({vmid: 100, values: {...values, args: "-device 'x y' -S"}, built, forcedCpu: undefined, timeoutMs: 1, ...nothing})
    expect(own[3]?.do['extraWords']).toBe(3)
  })

  it('leave out what there is not', () => {
    expect(startSteps({vmid: 100, values: {}, built: {...built, taps: []}, forcedCpu: undefined, timeoutMs: 1, ...nothing})[0]?.do.kind).toBe('qemu.prepare')
  })
})

it('volumes are those of storages, each once', () => {
  expect(startVolumes(values)).toEqual(['local:100/vm-100-disk-0.raw', 'local:100/vm-100-disk-1.qcow2'])
})

it('what follows an end lets go of volumes unless they are to stay', () => {
  const config = {current: {values}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}
  expect(afterEndSteps({vmid: 100, config}, {keepActive: false, run: '7'}).map((step) => step.do.kind)).toEqual(['guest.detach-volumes', 'qemu.clear-run-files'])
  expect(afterEndSteps({vmid: 100, config}, {keepActive: true, run: '7'}).map((step) => step.do.kind)).toEqual(['qemu.clear-run-files'])
})

it('what follows an end calls the hook script once the volumes are let go of, unless somebody has cleared up', () => {
  const config = {current: {values: {...values, hookscript: 'local:snippets/h.sh'}}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}
  const kinds = (run: string | undefined) => afterEndSteps({vmid: 100, config}, {keepActive: false, run}).map((step) => step.do)
  expect(kinds('7').map(({kind}) => kind)).toEqual(['guest.detach-volumes', 'qemu.run-hook', 'qemu.clear-run-files'])
  expect(kinds('7')[1]).toMatchObject({phase: 'post-stop', occasion: '7', volume: 'local:snippets/h.sh'})
  expect(kinds(undefined).map(({kind}) => kind)).toEqual(['guest.detach-volumes', 'qemu.clear-run-files'])
})

describe('timeouts', () => {
  it.each([[{}, 30], [{memory: '4096'}, 30], [{memory: '65536'}, 64], [{memory: 'current=131072'}, 128]])('of a start with %j: %i s', (config, seconds) => {
    expect(startTimeoutSeconds(config)).toBe(seconds)
  })
  it.each([[{}, 60], [{startup: 'order=1,up=5'}, 60], [{startup: 'order=1,down=180'}, 180], [{startup: 'down=5,order=2'}, 5]])('of a shutdown with %j: %i s', (config, seconds) => {
    expect(shutdownTimeoutSeconds(config)).toBe(seconds)
  })
  it('are bounded even when none is wanted', () => {
    expect(limitMs(0)).toBe(86_400_000)
    expect(limitMs(2 ** 40)).toBe(86_400_000)
    expect(limitMs(1)).toBe(1000)
  })
})
