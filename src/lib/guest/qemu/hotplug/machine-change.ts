// One thing that is done to a machine while it runs, as data: what a plan holds and a dry run prints. apply-change.ts does it and takes it
// back. Pure.
import type {TapSettings} from '../../../network/index.ts'
import {commandLine} from '../../../tasks/index.ts'
import type {CpuTime} from '../cpu-time/index.ts'
import {removalOrder} from './machine-parts.ts'
import type {MachinePart} from './machine-parts.ts'
import {addCommand, commandLineOf, removeCommand} from './part-commands.ts'
import type {MonitorCommand} from './part-commands.ts'

export type MachineChange =
  /** In the order in which they are made; what is there already is left alone. */
  | {readonly kind: 'plug'; readonly parts: readonly MachinePart[]}
  /** In the order in which they were made; what is gone already is passed over. */
  | {readonly kind: 'unplug'; readonly parts: readonly MachinePart[]}
  /** Commands that may be repeated, and those that bring back what was. */
  | {readonly kind: 'tell'; readonly commands: readonly MonitorCommand[]; readonly back: readonly MonitorCommand[]}
  /** Volumes that are made available on the host, or let go of. A path outside of all storages is none. */
  | {readonly kind: 'volumes'; readonly attach?: string; readonly detach?: string}
  /** What the network script reads when QEMU makes the tap device. */
  | {readonly kind: 'tap-settings'; readonly tap: string; readonly settings: TapSettings | undefined; readonly was: TapSettings | undefined}
  /** The same, for a tap device that is there: it is put on its bridge anew. */
  | {readonly kind: 'tap'; readonly settings: TapSettings; readonly was: TapSettings; readonly script: string}
  | {readonly kind: 'cpu-time'; readonly time: CpuTime; readonly was: CpuTime; readonly unit: string | undefined}
  | {readonly kind: 'affinity'; readonly cpus: string; readonly was: string}

/** As it would be typed, or told QEMU. */
export function describeChange(change: MachineChange): string[] {
  switch (change.kind) {
    case 'plug': return change.parts.map(part => commandLineOf(addCommand(part)))
    case 'unplug': return removalOrder(change.parts).map(part => commandLineOf(removeCommand(part)))
    case 'tell': return change.commands.map(commandLineOf)
    case 'volumes': return change.attach === undefined ? [`# let go of ${change.detach ?? ''}`] : [`# make ${change.attach} available`]
    case 'tap-settings': return change.settings === undefined ? [] : [`# ${change.tap} will be put on ${change.settings.bridge}`]
    case 'tap': return tapCommands(change.settings, change.script).map(argv => commandLine(argv))
    case 'cpu-time': return [timeWords(change)]
    case 'affinity': return [`taskset --all-tasks --cpu-list --pid ${change.cpus} PID`]
  }
}

function timeWords({time, unit}: {readonly time: CpuTime; readonly unit: string | undefined}): string {
  return unit === undefined
    ? `# set the guest's control group: ${time.limit === undefined ? 'no limit' : `at most ${time.limit} CPUs`}, weight ${time.units ?? 'as others'}`
    : commandLine(scopeCommand(unit, time))
}

/** systemd keeps the control groups of its host to itself. systemd.resource-control(5). */
export function scopeCommand(unit: string, {limit, units}: CpuTime): string[] {
  return [
    'systemctl', 'set-property', '--runtime', `${unit}.scope`,
    `CPUWeight=${units === undefined ? '' : Math.min(10_000, Math.max(1, Math.round(units)))}`,
    `CPUQuota=${limit === undefined ? '' : `${Math.max(1, Math.round(limit * 100))}%`}`,
  ]
}

/** Takes the limits and VLANs off the tap device and lets the network script put it on its bridge, as it did when QEMU made it. */
export function tapCommands({tap}: TapSettings, script: string): string[][] {
  return [['tc', 'qdisc', 'del', 'dev', tap, 'root'], ['tc', 'qdisc', 'del', 'dev', tap, 'ingress'], ['ip', 'link', 'set', 'dev', tap, 'nomaster'], [script, tap]]
}
