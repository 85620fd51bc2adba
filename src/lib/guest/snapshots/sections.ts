// What a snapshot is in a configuration file, and how its section comes, goes and is gone back to. Pure: a configuration goes in, another
// comes out. The keys and what is copied where are Proxmox VE's (qm.conf(5), pct.conf(5)); what happens to volumes is not known here.
import {AppError, ConflictError, InvalidInputError, NotFoundError} from '../../base/index.ts'
import type {ConfigSection, GuestConfig} from '../guest-config.ts'
import {isYes} from '../guest-files.ts'
import {isUnusedKey, writeKey} from '../pending.ts'
import type {OwnsVolume} from '../pending.ts'
import type {SnapshotType} from './snapshot-type.ts'

export interface NewSection {
  readonly name: string
  readonly description: string | undefined
  readonly timeSeconds: number
  /** What is kept beside the guest's own keys, of its running state. */
  readonly stateKeys?: Readonly<Record<string, string>>
}

const reservedNames = ['current', 'pending']

/** Keys of a section that say something of the snapshot, and nothing of the guest. */
const snapshotKeys: ReadonlySet<string> = new Set(['snapstate', 'snaptime', 'vmstate', 'runningmachine', 'runningcpu', 'running-nets-host-mtu'])

export interface SnapshotSections {
  /** @throws InvalidInputError for a name that stands for something else in a configuration, ConflictError for one that is taken */
  readonly assertNameIsFree: (config: GuestConfig, vmid: number, name: string) => void
  /** @throws NotFoundError */
  readonly existingSnapshot: (config: GuestConfig, vmid: number, name: string) => ConfigSection
  /** The configuration while a snapshot is being taken: its section with `snapstate: prepare`, and the lock. */
  readonly withNewSection: (config: GuestConfig, section: NewSection) => GuestConfig
  /**
   * The configuration once it is taken.
   * @throws ConflictError when the configuration is not that of a snapshot being taken, NotFoundError when there is no such snapshot
   */
  readonly withTakenSnapshot: (config: GuestConfig, vmid: number, name: string) => GuestConfig
  /** The configuration while a snapshot is being removed. */
  readonly withLeavingSnapshot: (config: GuestConfig, vmid: number, name: string) => GuestConfig
  /** The configuration without it: those that stood on it stand on what it stood on. Volumes that only it had become unused ones. */
  readonly withoutSnapshot: (config: GuestConfig, vmid: number, name: string, ownsVolume: OwnsVolume) => GuestConfig
  /** The configuration as a snapshot has it. The description stays, as do unused volumes; those that the snapshot does not have become unused ones. */
  readonly withSnapshotInForce: (config: GuestConfig, vmid: number, name: string, ownsVolume: OwnsVolume) => GuestConfig
  /** @throws ConflictError for a template */
  readonly assertNoTemplate: (config: GuestConfig, vmid: number) => void
  /** @throws AppError when the snapshot is half taken or half removed */
  readonly assertComplete: (section: ConfigSection, vmid: number, name: string) => void
}

/** Bound to a type of guest, as its other modules use it. */
export function snapshotSections({kind: {noun, tool}, isVolumeKey, registerUnused, dropUsedUnused}: SnapshotType): SnapshotSections {
  const listThem = (vmid: number) => `See which there are: ${tool} listsnapshot ${vmid}`
  return {assertNameIsFree, existingSnapshot, withNewSection, withTakenSnapshot, withLeavingSnapshot, withoutSnapshot, withSnapshotInForce, assertNoTemplate, assertComplete}

  function assertNameIsFree({snapshots}: GuestConfig, vmid: number, name: string): void {
    if (reservedNames.includes(name.toLowerCase())) {
      throw new InvalidInputError(`a snapshot cannot be named '${name}'`, {snapname: 'is a reserved name'})
    }
    if (Object.hasOwn(snapshots, name)) {
      throw new ConflictError(`${noun} ${vmid} has a snapshot '${name}' already`, {nextSteps: [listThem(vmid)], data: {vmid, snapshot: name}})
    }
  }

  function existingSnapshot({snapshots}: GuestConfig, vmid: number, name: string): ConfigSection {
    const section = Object.hasOwn(snapshots, name) ? snapshots[name] : undefined
    if (section !== undefined) return section
    throw new NotFoundError(`${noun} ${vmid} has no snapshot '${name}'`, {nextSteps: [listThem(vmid)], data: {vmid, snapshot: name}})
  }

  function withNewSection(config: GuestConfig, {name, description, timeSeconds, stateKeys = {}}: NewSection): GuestConfig {
    const {raw} = config.current
    const values = {...guestValues(config.current.values), snapstate: 'prepare', snaptime: String(timeSeconds), ...stateKeys}
    const section = {values, ...(description === undefined || description === '' ? {} : {description}), ...(raw === undefined ? {} : {raw})}
    return writeKey({...config, snapshots: {...config.snapshots, [name]: section}}, 'lock', 'snapshot')
  }

  function withTakenSnapshot(config: GuestConfig, vmid: number, name: string): GuestConfig {
    if (config.current.values['lock'] !== 'snapshot') throw new ConflictError(`no snapshot of ${noun} ${vmid} is being taken`, {data: {vmid, snapshot: name}})
    const section = existingSnapshot(config, vmid, name)
    if (section.values['snapstate'] !== 'prepare') throw new ConflictError(`the snapshot '${name}' of ${noun} ${vmid} is not being taken`, {data: {vmid, snapshot: name}})
    const taken = {...config, snapshots: {...config.snapshots, [name]: withoutKeys(section, ['snapstate'])}}
    return writeKey(writeKey(taken, 'lock', undefined), 'parent', name)
  }

  function withLeavingSnapshot(config: GuestConfig, vmid: number, name: string): GuestConfig {
    const section = existingSnapshot(config, vmid, name)
    const leaving = {...section, values: {...section.values, snapstate: 'delete'}}
    return writeKey({...config, snapshots: {...config.snapshots, [name]: leaving}}, 'lock', 'snapshot-delete')
  }

  function withoutSnapshot(config: GuestConfig, vmid: number, name: string, ownsVolume: OwnsVolume): GuestConfig {
    const {values} = existingSnapshot(config, vmid, name)
    const {parent} = values
    const reparented = (section: ConfigSection): ConfigSection => {
      if (section.values['parent'] !== name) return section
      return parent === undefined ? withoutKeys(section, ['parent']) : {...section, values: {...section.values, parent}}
    }
    const others = Object.entries(config.snapshots).filter(([other]) => other !== name).map(([other, section]) => [other, reparented(section)] as const)
    const left = writeKey({...config, current: reparented(config.current), snapshots: Object.fromEntries(others)}, 'lock', undefined)
    return keepVolumes(left, values, ownsVolume)
  }

  function withSnapshotInForce(config: GuestConfig, vmid: number, name: string, ownsVolume: OwnsVolume): GuestConfig {
    const section = existingSnapshot(config, vmid, name)
    const kept = Object.entries(config.current.values).filter(([key]) => isUnusedKey(key))
    const values: Record<string, string> = {...guestValues(section.values), ...Object.fromEntries(kept), parent: name}
    const {description} = config.current
    const current = {values, ...(description === undefined ? {} : {description}), ...(section.raw === undefined ? {} : {raw: section.raw})}
    const back: GuestConfig = {...config, current, pending: {}, pendingDelete: {}}
    return dropUsedUnused(keepVolumes(keepVolumes(back, config.current.values, ownsVolume), config.pending, ownsVolume))
  }

  /** Volumes that nothing names any more become unused ones. */
  function keepVolumes(config: GuestConfig, values: Readonly<Record<string, string>>, ownsVolume: OwnsVolume): GuestConfig {
    return Object.entries(values).filter(([key]) => isVolumeKey(key)).reduce((current, [, text]) => registerUnused(current, text, ownsVolume), config)
  }

  function assertNoTemplate({current}: GuestConfig, vmid: number): void {
    if (isYes(current.values['template'])) throw new ConflictError(`${noun} ${vmid} is a template and has no snapshots`, {data: {vmid}})
  }

  function assertComplete(section: ConfigSection, vmid: number, name: string): void {
    const state = section.values['snapstate']
    if (state === undefined) return
    throw new AppError('conflict', `the snapshot '${name}' of ${noun} ${vmid} is not complete (${state})`, {
      nextSteps: [`Remove it: ${tool} delsnapshot ${vmid} ${name} --force`], data: {vmid, snapshot: name},
    })
  }
}

/** The keys that make a guest what it is, without what belongs to a lock, a snapshot, or volumes that nothing uses. */
function guestValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== 'lock' && !isUnusedKey(key) && !snapshotKeys.has(key)))
}

function withoutKeys(section: ConfigSection, keys: readonly string[]): ConfigSection {
  return {...section, values: Object.fromEntries(Object.entries(section.values).filter(([key]) => !keys.includes(key)))}
}
