// What a snapshot is in a configuration file, and how its section comes, goes and is gone back to. Pure: a configuration goes in, another
// comes out. The keys and what is copied where are Proxmox VE's (qm.conf(5)); what happens to volumes is not known here.
import {randomUUID} from 'node:crypto'
import {AppError, ConflictError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {ConfigSection, GuestConfig} from '../../guest-config.ts'
import {isDriveKey} from '../config/drives.ts'
import {isUnusedKey} from '../drives/drive-text.ts'
import {isYes} from '../guest-files.ts'
import {dropUsedUnused, registerUnused, writeKey} from '../pending.ts'
import type {OwnsVolume} from '../pending.ts'

/** What is kept of the running machine beside its disks, so that it can go on from there. */
export interface KeptState {
  readonly volume: string
  /** The board that it ran with, `pc-i440fx-7.2`. */
  readonly machine: string
  /** The value of -cpu that it ran with. */
  readonly cpu: string | undefined
  /** What the network cards were told: `net0=1500,net1=9000`. */
  readonly netMtus?: string | undefined
}

export interface NewSnapshot {
  readonly name: string
  readonly description: string | undefined
  readonly timeSeconds: number
  readonly state: KeptState | undefined
}

const reservedNames = ['current', 'pending']

/** Keys of a section that say something of the snapshot, and nothing of the machine. */
const snapshotKeys: ReadonlySet<string> = new Set(['snapstate', 'snaptime', 'vmstate', 'runningmachine', 'runningcpu', 'running-nets-host-mtu'])

/** @throws InvalidInputError for a name that stands for something else in a configuration */
export function assertNameIsFree({snapshots}: GuestConfig, vmid: number, name: string): void {
  if (reservedNames.includes(name.toLowerCase())) {
    throw new InvalidInputError(`a snapshot cannot be named '${name}'`, {snapname: 'is a reserved name'})
  }
  if (Object.hasOwn(snapshots, name)) {
    throw new ConflictError(`virtual machine ${vmid} has a snapshot '${name}' already`, {nextSteps: [`See which there are: qm listsnapshot ${vmid}`], data: {vmid, snapshot: name}})
  }
}

/** @throws NotFoundError */
export function existingSnapshot({snapshots}: GuestConfig, vmid: number, name: string): ConfigSection {
  const section = Object.hasOwn(snapshots, name) ? snapshots[name] : undefined
  if (section !== undefined) return section
  throw new NotFoundError(`virtual machine ${vmid} has no snapshot '${name}'`, {nextSteps: [`See which there are: qm listsnapshot ${vmid}`], data: {vmid, snapshot: name}})
}

/** The keys that make a machine what it is, without what belongs to a lock, a snapshot, or disks that nothing uses. */
function machineValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== 'lock' && !isUnusedKey(key) && !snapshotKeys.has(key)))
}

/** The configuration while a snapshot is being taken: its section with `snapstate: prepare`, and the lock. */
export function withNewSnapshot(config: GuestConfig, {name, description, timeSeconds, state}: NewSnapshot): GuestConfig {
  const values = {
    ...machineValues(config.current.values),
    snapstate: 'prepare', snaptime: String(timeSeconds),
    ...(state === undefined ? {} : stateKeys(state)),
  }
  const section = {values, ...(description === undefined || description === '' ? {} : {description})}
  return writeKey({...config, snapshots: {...config.snapshots, [name]: section}}, 'lock', 'snapshot')
}

/** The keys of a kept state, in a snapshot's section and in the configuration of a machine that is suspended to disk. */
export function stateKeys({volume, machine, cpu, netMtus}: KeptState): Record<string, string> {
  return {
    vmstate: volume, runningmachine: machine,
    ...(cpu === undefined ? {} : {runningcpu: cpu}), ...(netMtus === undefined ? {} : {'running-nets-host-mtu': netMtus}),
  }
}

/**
 * The configuration once it is taken.
 * @throws ConflictError when the configuration is not that of a snapshot being taken, NotFoundError when there is no such snapshot
 */
export function withTakenSnapshot(config: GuestConfig, vmid: number, name: string): GuestConfig {
  if (config.current.values['lock'] !== 'snapshot') throw new ConflictError(`no snapshot of virtual machine ${vmid} is being taken`, {data: {vmid, snapshot: name}})
  const section = existingSnapshot(config, vmid, name)
  if (section.values['snapstate'] !== 'prepare') throw new ConflictError(`the snapshot '${name}' of virtual machine ${vmid} is not being taken`, {data: {vmid, snapshot: name}})
  const taken = {...config, snapshots: {...config.snapshots, [name]: withoutKeys(section, ['snapstate'])}}
  return writeKey(writeKey(taken, 'lock', undefined), 'parent', name)
}

/** The configuration while a snapshot is being removed. */
export function withLeavingSnapshot(config: GuestConfig, vmid: number, name: string): GuestConfig {
  const section = existingSnapshot(config, vmid, name)
  const leaving = {...section, values: {...section.values, snapstate: 'delete'}}
  return writeKey({...config, snapshots: {...config.snapshots, [name]: leaving}}, 'lock', 'snapshot-delete')
}

/** The configuration without it: those that stood on it stand on what it stood on. Disks that only it had become unused ones. */
export function withoutSnapshot(config: GuestConfig, vmid: number, name: string, ownsVolume: OwnsVolume): GuestConfig {
  const {values} = existingSnapshot(config, vmid, name)
  const {parent} = values
  const reparented = (section: ConfigSection): ConfigSection => {
    if (section.values['parent'] !== name) return section
    return parent === undefined ? withoutKeys(section, ['parent']) : {...section, values: {...section.values, parent}}
  }
  const others = Object.entries(config.snapshots).filter(([other]) => other !== name).map(([other, section]) => [other, reparented(section)] as const)
  const left = writeKey({...config, current: reparented(config.current), snapshots: Object.fromEntries(others)}, 'lock', undefined)
  return keepDrives(left, values, ownsVolume)
}

/**
 * The configuration as a snapshot has it. The description stays, as do unused disks; disks that the snapshot does not have become unused
 * ones. A machine that knows its generation gets a new one, so that the guest sees that time has jumped.
 */
export function rolledBack(config: GuestConfig, vmid: number, name: string, ownsVolume: OwnsVolume, newUuid: () => string = randomUUID): GuestConfig {
  const section = existingSnapshot(config, vmid, name)
  const kept = Object.entries(config.current.values).filter(([key]) => isUnusedKey(key))
  const values: Record<string, string> = {...machineValues(section.values), ...Object.fromEntries(kept), parent: name}
  if (values['vmgenid'] !== undefined && values['vmgenid'] !== '0') values['vmgenid'] = newUuid()
  // A state without a note of its board comes from a time when that stood in `machine` alone, which was nobody's wish then.
  if (section.values['vmstate'] !== undefined && section.values['runningmachine'] === undefined && config.current.values['machine'] === undefined) delete values['machine']
  const back: GuestConfig = {...config, current: {...config.current, values}, pending: {}, pendingDelete: {}}
  return dropUsedUnused(keepDrives(keepDrives(back, config.current.values, ownsVolume), config.pending, ownsVolume))
}

/** Drives that nothing names any more become unused disks. */
function keepDrives(config: GuestConfig, values: Readonly<Record<string, string>>, ownsVolume: OwnsVolume): GuestConfig {
  return Object.entries(values).filter(([key]) => isDriveKey(key)).reduce((current, [, text]) => registerUnused(current, text, ownsVolume), config)
}

/** @throws ConflictError for a template */
export function assertNoTemplate({current}: GuestConfig, vmid: number): void {
  if (isYes(current.values['template'])) throw new ConflictError(`virtual machine ${vmid} is a template and has no snapshots`, {data: {vmid}})
}

/** @throws AppError when the snapshot is half taken or half removed */
export function assertComplete(section: ConfigSection, vmid: number, name: string): void {
  const state = section.values['snapstate']
  if (state === undefined) return
  throw new AppError('conflict', `the snapshot '${name}' of virtual machine ${vmid} is not complete (${state})`, {
    nextSteps: [`Remove it: qm delsnapshot ${vmid} ${name} --force`], data: {vmid, snapshot: name},
  })
}

function withoutKeys(section: ConfigSection, keys: readonly string[]): ConfigSection {
  return {...section, values: Object.fromEntries(Object.entries(section.values).filter(([key]) => !keys.includes(key)))}
}
