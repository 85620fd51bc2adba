// From a configuration and QEMU's arguments to the steps of a start. Pure.
import type {TapSettings} from '../../../network/index.ts'
import type {Step} from '../../../tasks/index.ts'
import type {QemuArguments} from '../arguments/index.ts'
import type {WantedPages} from '../arguments/memory-layout.ts'
import {driveKeys} from '../config/drives.ts'
import {readDrive} from '../config/drives.ts'
import {readMemoryMib} from '../config/memory.ts'
import {readNic} from '../config/nets.ts'
import {readFlag, readWholeNumber} from '../../read-properties.ts'
import {splitArguments} from '../config/split-arguments.ts'
import {cpuTimeOf, scopeWords} from '../cpu-time/index.ts'
import type {StartHelper} from './actions/start-helper.ts'

const mebibyte = 1024 * 1024

export interface StartInput {
  readonly vmid: number
  /** The values that the guest is started with. */
  readonly values: Readonly<Record<string, string>>
  readonly built: QemuArguments
  /** Stands in for the value of -cpu. */
  readonly forcedCpu: string | undefined
  readonly timeoutMs: number
  /** What brings up the programs beside QEMU (helper-steps.ts). */
  readonly helpers: readonly Step[]
  /** What makes devices of the host ready. */
  readonly pciSteps: readonly Step[]
  readonly hugePages: readonly WantedPages[]
  /** The unit for the guest where systemd owns the control groups. */
  readonly scopeUnit: string | undefined
  /** It goes on from a state instead of booting: the volume that has it, and the socket over which QEMU reads it. It stands still afterwards. */
  readonly state?: {readonly volume: string; readonly path: string; readonly socketPath: string} | undefined
}

/** Everything after `qemu.prepare` is taken back by its undo, which ends whatever runs as this guest. */
export function startSteps({vmid, values, built, forcedCpu, timeoutMs, pciSteps, hugePages, scopeUnit, helpers, state}: StartInput): Step[] {
  const volumes = [...startVolumes(values), ...(state === undefined ? [] : [state.volume])]
  const extraWords = splitArguments(values['args'] ?? '').length
  const balloonBytes = balloonTarget(values)
  const cpuTime = cpuTimeOf(values)
  const booting = forcedCpu === undefined ? built.argv : withCpu(built.argv, forcedCpu)
  const qemu = state === undefined ? booting : booting.toSpliced(booting.length - extraWords, 0, '-incoming', `unix:${state.socketPath}`, '-S')
  const argv = scopeUnit === undefined ? qemu : [...scopeWords(scopeUnit, cpuTime ?? {}), ...qemu]
  return [
    ...(volumes.length === 0 ? [] : [{do: {kind: 'guest.attach-volumes', volumes}, undo: {kind: 'guest.detach-volumes', volumes}}]),
    {do: {kind: 'qemu.prepare', vmid, taps: tapSettings(values, built.taps), temporaryFiles: built.temporaryFiles}, undo: {kind: 'qemu.undo-start', vmid}},
    ...(scopeUnit === undefined ? helpers : helpers.map((step) => inScope(step, scopeUnit))),
    ...(hugePages.length === 0 ? [] : [{do: {kind: 'qemu.reserve-hugepages', vmid, pages: hugePages, keep: readFlag(values['keephugepages']) === true}}]),
    ...pciSteps,
    {do: {kind: 'qemu.watch'}},
    {
      do: {kind: 'qemu.launch', vmid, argv, extraWords, timeoutMs},
      // A device that goes back to its driver while QEMU has it would wait for QEMU's end.
      ...(pciSteps.length === 0 ? {} : {undo: {kind: 'qemu.undo-start', vmid}}),
    },
    ...(cpuTime === undefined || scopeUnit !== undefined ? [] : [{do: {kind: 'qemu.limit-cpu', vmid, time: cpuTime}}]),
    ...(state === undefined ? [] : [{do: {kind: 'qemu.load-state', vmid, ...state}}]),
    {do: {
      kind: 'qemu.settle', vmid, machine: built.machine, linksDown: built.linksDown, timeoutMs,
      ...(balloonBytes === undefined ? {} : {balloonBytes}),
    }},
  ]
}

/** A program beside QEMU gets a scope of its own, or it would end with the session or service that started the guest. */
function inScope(step: Step, guestUnit: string): Step {
  if (step.do.kind !== 'qemu.start-helper') return step
  const helper = step.do as StartHelper
  return {...step, do: {...helper, argv: [...scopeWords(`${guestUnit}-${helper.key}`, {}), ...helper.argv]}}
}

/** The volumes of all drives, each once; paths and the host's own drive have nothing to be made available. */
export function startVolumes(values: Readonly<Record<string, string>>): string[] {
  const volumes = [...driveKeys, 'efidisk0', 'tpmstate0'].flatMap(key => {
    const text = values[key]
    const file = text === undefined ? 'none' : readDrive(key, text).file
    return file === 'none' || file === 'cdrom' || file.startsWith('/') ? [] : [file]
  })
  return [...new Set(volumes)]
}

/** MTU 1 stands for that of the bridge. `rate` is in megabytes a second, and a megabyte is 1024² bytes there. */
export function tapSettings(values: Readonly<Record<string, string>>, taps: QemuArguments['taps']): TapSettings[] {
  return taps.map(({key, name, bridge}) => {
    const {mtu, rate, tag, trunks} = readNic(key, values[key] ?? '')
    return {
      tap: name, bridge,
      ...(mtu === undefined || mtu === 1 ? {} : {mtu}),
      ...(tag === undefined ? {} : {tag}),
      ...(trunks === undefined ? {} : {trunks}),
      ...(rate === undefined || rate === 0 ? {} : {rateBytesPerSecond: Math.max(1, Math.round(rate * mebibyte))}),
    }
  })
}

/** Less than all memory, when the balloon is to start blown up. */
function balloonTarget(values: Readonly<Record<string, string>>): number | undefined {
  const balloonMib = readWholeNumber('balloon', values['balloon'])
  return balloonMib === undefined || balloonMib === 0 || balloonMib >= readMemoryMib(values['memory']) ? undefined : balloonMib * mebibyte
}

function withCpu(argv: readonly string[], cpu: string): string[] {
  const at = argv.indexOf('-cpu')
  return at === -1 ? [...argv, '-cpu', cpu] : argv.with(at + 1, cpu)
}
