// What `qm set` makes of a configuration: keys set, deleted and reverted, drives that go become unused disks, the boot order follows.
// Pure: values are in the form in which they are stored, volumes that are to be freed are named, and the caller does the rest.
import {ConflictError, InvalidInputError} from '../../base/index.ts'
import {didYouMean, findParam} from '../../spec/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import {formatBootOrder, missingBootDevices, readBootOrder} from './boot-order.ts'
import {cloudInitParams} from './config/cloud-init.ts'
import {isCloudInitDrive, isDriveKey} from './config/drives.ts'
import {isCdromText, isUnusedKey, parseDriveText, volumeOf} from './drives/drive-text.ts'
import {assertUnprotected} from './guest-files.ts'
import type {OwnsVolume} from './pending.ts'
import {addPendingDelete, applyPending, cleanupPending, dropUsedUnused, readKey, refersTo, registerUnused, removePendingDelete, revertPending, writeKey} from './pending.ts'

export interface ConfigChange {
  /** Values by key, as they are to be stored. */
  readonly values: Readonly<Record<string, string>>
  readonly delete: readonly string[]
  readonly revert: readonly string[]
  /** Volumes of deleted drives are freed instead of kept as unused disks. */
  readonly force: boolean
}

export interface ConfigChangeFacts {
  readonly vmid: number
  readonly isRunning: boolean
  readonly ownsVolume: OwnsVolume
  /** Whether a key exists at all, be it set or not. */
  readonly isKnownKey: (key: string) => boolean
}

export interface ChangedConfig {
  readonly config: GuestConfig
  /** Volumes that nothing refers to any more and whose removal was asked for. */
  readonly freedVolumes: readonly string[]
  readonly warnings: readonly string[]
}

/** What a running guest takes at once because QEMU has no part in it, as in Proxmox VE. Everything else waits for a restart. */
const keysWithoutRestart: ReadonlySet<string> = new Set([
  'description', 'hookscript', 'lock', 'migrate_downtime', 'migrate_speed', 'name', 'onboot', 'protection', 'shares', 'startup', 'tags', 'vmstatestorage',
])

/**
 * @throws InvalidInputError when options contradict each other or the result would make no sense, ConflictError when the guest is
 * protected or a volume is still in use
 */
export function changeConfig(config: GuestConfig, change: ConfigChange, facts: ConfigChangeFacts): ChangedConfig {
  assertConsistent(config, change, facts)
  const reverted = revertPending(config, change.revert, facts.ownsVolume)
  const deleted = deleteKeys(reverted, change, facts)
  const set = setKeys(deleted.config, change.values, facts.ownsVolume)
  assertBootable(set, change)
  assertBalloonFits(set, change)
  const waiting = cleanupPending(set)
  const applied = applyPending(waiting, facts.ownsVolume, facts.isRunning ? key => takesEffectAtOnce(key, waiting) : undefined)
  return {
    config: dropUsedUnused(applied.config),
    freedVolumes: [...new Set([...deleted.freedVolumes, ...applied.freedVolumes])],
    warnings: deleted.warnings,
  }
}

function takesEffectAtOnce(key: string, config: GuestConfig): boolean {
  // Hot-plugging of CPUs and memory needs devices that only a start makes; other features can be switched at any time.
  if (key === 'hotplug') return ![config.current.values[key], config.pending[key]].some(value => /cpu|memory/.test(value ?? ''))
  // What cloud-init is told lies on a drive, and is read at the next boot at the earliest.
  return keysWithoutRestart.has(key) || findParam(cloudInitParams, key) !== undefined
}

function assertConsistent(config: GuestConfig, change: ConfigChange, facts: ConfigChangeFacts): void {
  for (const [option, keys] of [['delete', change.delete], ['revert', change.revert]] as const) {
    for (const key of keys) {
      if (key in change.values) {
        throw new InvalidInputError(`'${key}' cannot be set and be named in '${option}' at the same time`, {[option]: `names '${key}', which is set as well`})
      }
      if (!facts.isKnownKey(key) && readKey(config, key) === undefined && config.pending[key] === undefined) {
        const hint = didYouMean(key, [...Object.keys(config.current.values), ...Object.keys(config.pending)])
        throw new InvalidInputError(`'${option}' names '${key}', which is no option of a virtual machine${hint}`, {[option]: `does not know '${key}'`})
      }
    }
  }
  const both = change.delete.find(key => change.revert.includes(key))
  if (both !== undefined) throw new InvalidInputError(`'${both}' cannot be deleted and reverted at the same time`, {revert: `names '${both}', which is deleted as well`})
}

interface Deletion {
  readonly config: GuestConfig
  readonly freedVolumes: readonly string[]
  readonly warnings: readonly string[]
}

function deleteKeys(config: GuestConfig, change: ConfigChange, facts: ConfigChangeFacts): Deletion {
  let current = config
  const freedVolumes: string[] = []
  const warnings: string[] = []
  for (const key of new Set(change.delete)) {
    const waiting = current.pending[key]
    const value = readKey(current, key) ?? waiting
    if (value === undefined) {
      warnings.push(`'${key}' cannot be deleted: it is not set`)
      continue
    }
    current = withoutBootDevice(current, key)
    if (isUnusedKey(key)) {
      assertUnprotected({vmid: facts.vmid, config}, `the unused disk ${key} cannot be removed`)
      const removed = removeUnused(current, key, value, facts)
      current = removed.config
      freedVolumes.push(...removed.freedVolumes)
      continue
    }
    if (isDriveKey(key)) assertUnprotected({vmid: facts.vmid, config}, `the drive ${key} cannot be removed`)
    current = addPendingDelete(current, key, change.force && isDriveKey(key))
    if (waiting !== undefined && isDriveKey(key)) current = registerUnused(current, waiting, facts.ownsVolume)
  }
  return {config: current, freedVolumes, warnings}
}

/** Nothing uses an unused disk, so it goes at once, whether the guest runs or not. */
function removeUnused(config: GuestConfig, key: string, value: string, facts: ConfigChangeFacts): {config: GuestConfig; freedVolumes: readonly string[]} {
  const removed = writeKey(config, key, undefined)
  const volume = volumeOf(parseDriveText(value))
  if (volume === undefined || !facts.ownsVolume(volume)) return {config: removed, freedVolumes: []}
  if (refersTo(removed, volume)) {
    throw new ConflictError(`${key} cannot be removed: the volume '${volume}' is still in use, by a drive or a snapshot`, {data: {vmid: facts.vmid, volume}})
  }
  return {config: removed, freedVolumes: [volume]}
}

function setKeys(config: GuestConfig, values: Readonly<Record<string, string>>, ownsVolume: OwnsVolume): GuestConfig {
  let current = config
  for (const [key, value] of Object.entries(values)) {
    const waiting = current.pending[key]
    if (isUnusedKey(key)) {
      current = writeKey(current, key, value)
      continue
    }
    current = removePendingDelete({...current, pending: {...current.pending, [key]: value}}, key)
    if (waiting !== undefined && isDriveKey(key)) current = registerUnused(current, waiting, ownsVolume)
    if (isDriveKey(key) && isBootableCdrom(value) && !('boot' in values)) current = withBootDevice(current, key)
  }
  return current
}

function isBootableCdrom(value: string): boolean {
  const drive = parseDriveText(value)
  return isCdromText(drive) && !isCloudInitDrive(drive)
}

/** A CD-ROM drive that is added can be booted from, last of all. */
function withBootDevice(config: GuestConfig, key: string): GuestConfig {
  const order = readBootOrder(config.pending['boot'] ?? config.current.values['boot']) ?? []
  return order.length === 0 || order.includes(key) ? config : {...config, pending: {...config.pending, boot: formatBootOrder([...order, key])}}
}

function withoutBootDevice(config: GuestConfig, key: string): GuestConfig {
  const order = readBootOrder(config.pending['boot'] ?? config.current.values['boot']) ?? []
  if (!order.includes(key)) return config
  // An empty order would stay empty when a disk comes back; without one the default order holds.
  if (order.length === 1) return addPendingDelete(config, 'boot')
  return {...config, pending: {...config.pending, boot: formatBootOrder(order.filter(device => device !== key))}}
}

/** The value that a key will have once everything that waits is in force. */
function futureValue(config: GuestConfig, key: string): string | undefined {
  return config.pending[key] ?? (key in config.pendingDelete ? undefined : readKey(config, key))
}

function assertBootable(config: GuestConfig, change: ConfigChange): void {
  const boot = change.values['boot']
  if (boot === undefined) return
  const missing = missingBootDevices(readBootOrder(boot) ?? [], key => futureValue(config, key) !== undefined)
  if (missing.length > 0) {
    throw new InvalidInputError(`'boot' names ${missing.map(key => `'${key}'`).join(', ')}, which the virtual machine does not have`, {boot: `names missing devices: ${missing.join(', ')}`})
  }
}

function assertBalloonFits(config: GuestConfig, change: ConfigChange): void {
  if (change.values['balloon'] === undefined && change.values['memory'] === undefined) return
  const balloonMib = Number(futureValue(config, 'balloon') ?? 0)
  const memoryMib = Number(/\d+/.exec(futureValue(config, 'memory') ?? '512')?.[0])
  if (balloonMib > memoryMib) {
    throw new InvalidInputError(`'balloon' (${balloonMib} MiB) is larger than the memory (${memoryMib} MiB)`, {balloon: `must be at most ${memoryMib}`})
  }
}
