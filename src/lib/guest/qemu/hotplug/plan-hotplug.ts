// From the changes that wait to what is done with them on a machine that runs: which are made now and how, and which go on waiting and why.
// Looks and changes nothing. What a device is comes from arguments/: the command lines of the machine with and without the change are
// compared.
import {AppError, errorChain} from '../../../base/index.ts'
import {requireBridge, tapName} from '../../../network/index.ts'
import {formatTapSettings} from '../../../network/index.ts'
import type {TapSettings} from '../../../network/index.ts'
import type {Context, StoreCommit} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {usesXhci} from '../arguments/usb.ts'
import {buildArguments} from '../arguments/build-arguments.ts'
import {describeGuest} from '../arguments/guest.ts'
import type {ArgumentsInput} from '../arguments/index.ts'
import {isDriveKey, readBoot, readFlag, readHotplug, readNic} from '../config/index.ts'
import {gatherFacts, requireVlans} from '../facts/index.ts'
import {parseDriveText, volumeOf} from '../drives/drive-text.ts'
import {readKey} from '../pending.ts'
import {readRunRecord} from '../runtime/record.ts'
import {tapSettings} from '../runtime/start-steps.ts'
import {guestConfigPath} from '../guest-files.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {withKeyInForce} from './actions/hotplug.ts'
import type {Hotplug} from './actions/hotplug.ts'
import {decide} from './decide.ts'
import type {RunningMachine, WaitingChange} from './decide.ts'
import {limitCommands, mediumChanges} from './drive-commands.ts'
import {affinityChange, balloonChange, cpuTimeChange} from './host-share.ts'
import type {MachineChange} from './machine-change.ts'
import {additionalParts, partsOf} from './machine-parts.ts'

type Values = Readonly<Record<string, string>>

export interface HotplugPlan {
  readonly actions: readonly Hotplug[]
  /** Changes that wait for a start, in order. */
  readonly waiting: readonly {readonly key: string; readonly why: string}[]
}

/**
 * Never fails for what cannot be done now: that waits.
 * @param config with everything that could not take effect at once in [PENDING]
 * @param keys those that were asked for now; what has waited for longer goes on waiting until it is asked for again. Absent: all
 */
export async function planHotplug(vmid: number, config: GuestConfig, keys: ReadonlySet<string> | undefined, context: Context): Promise<HotplugPlan> {
  const changes = waitingChanges(config).filter(({key}) => keys?.has(key) !== false)
  if (changes.length === 0) return {actions: [], waiting: []}
  const actions: Hotplug[] = []
  const waiting: {key: string; why: string}[] = []
  let values = config.current.values
  let look: Look | undefined
  let current = config
  for (const change of changes) {
    try {
      look ??= await lookAt(vmid, values, changes, context)
      const made = await changesFor(change, values, look, context)
      if (typeof made === 'string') { waiting.push({key: change.key, why: made}); continue }
      const next = withKeyInForce(current, change.key, vmid)
      actions.push({kind: 'guest.hotplug', vmid, key: change.key, value: change.then ?? null, changes: made, commit: commitOf(vmid, current, next, context)})
      current = next
      // Of two disks that go, the last one takes its controller with it; two that come bring it both, whichever is refused.
      if (change.then === undefined) values = withValue(values, change.key, undefined)
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
      waiting.push({key: change.key, why: errorChain(error).join(': ')})
    }
  }
  return {actions, waiting}
}

/** Deletions first, as they are put into force. */
function waitingChanges(config: GuestConfig): WaitingChange[] {
  return [
    ...Object.keys(config.pendingDelete).sort().map(key => ({key, now: readKey(config, key), then: undefined})),
    ...Object.entries(config.pending).map(([key, then]) => ({key, now: readKey(config, key), then})),
  ]
}

function commitOf(vmid: number, before: GuestConfig, after: GuestConfig, {node}: Context): StoreCommit {
  const edit = {path: guestConfigPath(node, vmid), before: formatQemuConfig(before), after: formatQemuConfig(after)}
  return {kind: 'store.commit', files: [edit]}
}

interface Look {
  readonly vmid: number
  readonly machine: RunningMachine
  readonly qemuVersion: string | undefined
}

async function lookAt(vmid: number, values: Values, changes: readonly WaitingChange[], context: Context): Promise<Look> {
  const record = await readRunRecord(vmid, context)
  const boot = readBoot(values['boot'], values['bootdisk'])
  const look = {vmid, qemuVersion: record?.qemuVersion}
  const hasUsb = changes.some(({key}) => /^usb\d+$/.test(key))
  return {
    ...look,
    machine: {
      features: readHotplug(values['hotplug']),
      isEmulated: readFlag(values['kvm']) === false,
      bootDevices: boot.kind === 'order' ? boot.devices : boot.disk === undefined ? [] : [boot.disk],
      hasXhci: hasUsb && usesXhci(describeGuest(await inputOf(values, look, context), () => undefined)),
    },
  }
}

/** What the arguments are built from: the machine as it was started, were QEMU updated since. */
async function inputOf(values: Values, {vmid, qemuVersion}: Pick<Look, 'vmid' | 'qemuVersion'>, context: Context): Promise<ArgumentsInput> {
  const input = await gatherFacts(vmid, {values}, context)
  const emulators = Object.fromEntries(Object.entries(input.host.emulators).map(([arch, emulator]) => [arch, {...emulator, version: qemuVersion ?? emulator.version}]))
  return {...input, host: {...input.host, emulators, isKvmUsable: true}}
}

/** @returns the changes of the machine, or why they cannot be made now */
async function changesFor(change: WaitingChange, values: Values, look: Look, context: Context): Promise<MachineChange[] | string> {
  const decision = decide(change, look.machine)
  const then = withValue(values, change.key, change.then)
  switch (decision.way) {
    case 'waits': return decision.why
    case 'none': return []
    case 'parts': return partChanges(change, values, look, context)
    case 'limits': return limitCommands(change, await guestOf(values, look, context))
    case 'medium': return mediumChanges(change, await guestOf(values, look, context), await guestOf(then, look, context))
    case 'card': return cardChanges(change, await inputOf(then, look, context), context)
    case 'balloon': return balloonChange(values, then)
    case 'cpu-time': return cpuTimeChange(look.vmid, values, then, context)
    case 'affinity': return affinityChange(values, await guestOf(then, look, context), context)
  }
}

async function guestOf(values: Values, look: Look, context: Context) {
  return describeGuest(await inputOf(values, look, context), message => { context.log.warn(message) })
}

async function partChanges({key, now, then}: WaitingChange, values: Values, look: Look, context: Context): Promise<MachineChange[]> {
  const input = await inputOf(values, look, context)
  const withIt = buildArguments(input)
  const alone = {...input, config: {values: withValue(values, key, undefined)}}
  // A number that is counted from (CPUs, memory) is not absent while it changes.
  const isCounted = key === 'vcpus' || key === 'memory' || key === 'tablet'
  const target = then === undefined ? alone : await inputOf(withValue(values, key, then), look, context)
  const after = buildArguments(target)
  const parts = partsOf(withIt.argv)
  const base = partsOf(isCounted ? after.argv : buildArguments(alone).argv)
  const going = now === undefined && !isCounted ? [] : additionalParts(base, parts)
  const coming = then === undefined && !isCounted ? [] : additionalParts(isCounted ? parts : base, partsOf(after.argv))
  for (const warning of after.warnings.filter(text => !withIt.warnings.includes(text))) context.log.warn(warning)
  await requireCardBridge(key, then, context)
  return [
    ...(going.length === 0 ? [] : [{kind: 'unplug' as const, parts: going}]),
    ...around(key, now, then, tapOf(key, values, withIt.taps), tapOf(key, target.config.values, after.taps)),
    ...(coming.length === 0 ? [] : [{kind: 'plug' as const, parts: coming}]),
    ...(then !== undefined && after.linksDown.includes(key) ? [linkChange(key, false, true)] : []),
  ]
}

/** What is done on the host between the old device and the new one: volumes let go of and made available, settings for the network script. */
function around(key: string, now: string | undefined, then: string | undefined, was: TapSettings | undefined, settings: TapSettings | undefined): MachineChange[] {
  const detach = volumeFor(key, now)
  const attach = volumeFor(key, then)
  const tap = settings?.tap ?? was?.tap
  return [
    ...(detach === undefined ? [] : [{kind: 'volumes' as const, detach}]),
    ...(tap === undefined ? [] : [{kind: 'tap-settings' as const, tap, settings, was}]),
    ...(attach === undefined ? [] : [{kind: 'volumes' as const, attach}]),
  ]
}

function volumeFor(key: string, value: string | undefined): string | undefined {
  return value === undefined || !isDriveKey(key) ? undefined : volumeOf(parseDriveText(value))
}

function tapOf(key: string, values: Values, taps: readonly {readonly key: string; readonly name: string; readonly bridge: string}[]): TapSettings | undefined {
  return tapSettings(values, taps.filter(tap => tap.key === key))[0]
}

async function requireCardBridge(key: string, value: string | undefined, {host}: Context): Promise<void> {
  const bridge = /^net\d+$/.test(key) && value !== undefined ? readNic(key, value).bridge : undefined
  if (bridge === undefined || value === undefined) return
  await requireBridge(bridge, key, host)
  await requireVlans(key, value, host)
}

/** A card that stays the guest's: another bridge, another limit, the cable in or out. */
async function cardChanges({key, now, then}: WaitingChange, input: ArgumentsInput, context: Context): Promise<MachineChange[]> {
  const old = readNic(key, now ?? '')
  const card = readNic(key, then ?? '')
  await requireCardBridge(key, then, context)
  const settingsOf = (nic: typeof card, text: string | undefined) =>
    (nic.bridge === undefined || text === undefined ? undefined : tapSettings({[key]: text}, [{key, name: tapName(input.vmid, nic.index), bridge: nic.bridge}])[0])
  const [was, settings] = [settingsOf(old, now), settingsOf(card, then)]
  const moves = was !== undefined && settings !== undefined && formatTapSettings({...was, mtu: undefined}) !== formatTapSettings({...settings, mtu: undefined})
  return [
    ...(moves ? [{kind: 'tap' as const, settings, was, script: input.host.support.tapUp}] : []),
    ...(old.linkDown === card.linkDown ? [] : [linkChange(key, !card.linkDown, !old.linkDown)]),
  ]
}

function linkChange(name: string, up: boolean, was: boolean): MachineChange {
  const command = (isUp: boolean) => ({execute: 'set_link', arguments: {name, up: isUp}})
  return {kind: 'tell', commands: [command(up)], back: [command(was)]}
}

function withValue(values: Values, key: string, value: string | undefined): Values {
  const others = Object.fromEntries(Object.entries(values).filter(([name]) => name !== key))
  return value === undefined ? others : {...others, [key]: value}
}
