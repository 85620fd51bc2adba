// Changes that wait for a restart: the [PENDING] section of a guest's configuration and its list of keys to delete. Pure: a
// configuration goes in, another comes out. It must not know whether a guest runs, nor touch a volume: volumes that lost their
// last use are named in the result, and the caller frees them.
import type {GuestConfig} from '../guest-config.ts'
import {isDriveKey} from './config/drives.ts'
import {isCdromText, isUnusedKey, maxUnusedDisks, parseDriveText, volumeOf} from './drives/drive-text.ts'

/** Marks a key for deletion; a value that waited for it is dropped. */
export function addPendingDelete(config: GuestConfig, key: string, force = false): GuestConfig {
  return {...withoutPendingValue(config, key), pendingDelete: {...config.pendingDelete, [key]: {force}}}
}

/** Forgets the value that waits for a key, and nothing else. */
export function withoutPendingValue(config: GuestConfig, key: string): GuestConfig {
  return {...config, pending: without(config.pending, key)}
}

export function removePendingDelete(config: GuestConfig, key: string): GuestConfig {
  return {...config, pendingDelete: without(config.pendingDelete, key)}
}

/** Drops pending entries that would change nothing: values that are in force already, deletions of keys that are not there. */
export function cleanupPending(config: GuestConfig): GuestConfig {
  return {
    ...config,
    pending: Object.fromEntries(Object.entries(config.pending).filter(([key, value]) => readKey(config, key) !== value)),
    pendingDelete: Object.fromEntries(Object.entries(config.pendingDelete).filter(([key]) => readKey(config, key) !== undefined)),
  }
}

/** Forgets what waits for these keys. Drives that only a pending value held become unused disks. */
export function revertPending(config: GuestConfig, keys: readonly string[], ownsVolume: OwnsVolume): GuestConfig {
  return keys.reduce((current, key) => {
    const waiting = current.pending[key]
    const reverted = removePendingDelete(withoutPendingValue(current, key), key)
    return waiting === undefined || !isDriveKey(key) ? reverted : registerUnused(reverted, waiting, ownsVolume)
  }, config)
}

/** The configuration as it will be once everything that waits is in force; disks that go are not kept as unused ones here. */
export function withPendingValues(config: GuestConfig): GuestConfig {
  const deleted = Object.keys(config.pendingDelete).reduce((current, key) => writeKey(current, key, undefined), config)
  const set = Object.entries(config.pending).reduce((current, [key, value]) => writeKey(current, key, value), deleted)
  return {...set, pending: {}, pendingDelete: {}}
}

/** Whether a volume belongs to this guest, so that it is kept as `unusedN` and may be freed. */
export type OwnsVolume = (volumeId: string) => boolean

export interface AppliedPending {
  readonly config: GuestConfig
  /** Volumes whose drives were deleted by force and that nothing refers to any more. */
  readonly freedVolumes: readonly string[]
  /** The keys whose values changed. */
  readonly appliedKeys: readonly string[]
}

/**
 * Puts pending changes into force: first the deletions, then the values. A drive that is deleted or replaced becomes `unusedN`,
 * unless the deletion was forced: then its volume is to be freed.
 * @param select which keys to apply; all when absent
 */
export function applyPending(config: GuestConfig, ownsVolume: OwnsVolume, select: (key: string) => boolean = () => true): AppliedPending {
  let current = config
  const freedVolumes: string[] = []
  const appliedKeys: string[] = []
  for (const key of Object.keys(config.pendingDelete).sort()) {
    if (!select(key)) continue
    const old = readKey(current, key)
    const force = config.pendingDelete[key]?.force === true
    current = removePendingDelete(writeKey(current, key, undefined), key)
    if (old === undefined) continue
    appliedKeys.push(key)
    if (!isDriveKey(key) && !isUnusedKey(key)) continue
    const volume = volumeOf(parseDriveText(old))
    if (!force && !isUnusedKey(key)) current = registerUnused(current, old, ownsVolume)
    else if (volume !== undefined && ownsVolume(volume) && !refersTo(current, volume)) freedVolumes.push(volume)
  }
  current = cleanupPending(current)
  for (const [key, value] of Object.entries(current.pending)) {
    if (!select(key)) continue
    const old = readKey(current, key)
    current = writeKey(withoutPendingValue(current, key), key, value)
    appliedKeys.push(key)
    if (old !== undefined && isDriveKey(key)) current = registerUnused(current, old, ownsVolume)
  }
  return {config: current, freedVolumes, appliedKeys}
}

/**
 * Keeps the volume of a drive that is going away as the first free `unusedN`. Nothing happens for CDs, paths, volumes of other
 * guests, and volumes that some drive, pending drive or snapshot still uses.
 */
export function registerUnused(config: GuestConfig, driveValue: string, ownsVolume: OwnsVolume): GuestConfig {
  const drive = parseDriveText(driveValue)
  const volume = volumeOf(drive)
  if (volume === undefined || isCdromText(drive) || !ownsVolume(volume) || usesVolume(config, volume)) return config
  return addUnused(config, volume)
}

/** Puts a volume at the first free `unusedN`; the configuration as it was when the volume stands there already or no place is left. */
export function addUnused(config: GuestConfig, volume: string): GuestConfig {
  const values = config.current.values
  const unusedKeys = Array.from({length: maxUnusedDisks}, (_, index) => `unused${index}`)
  if (unusedKeys.some(key => values[key] !== undefined && parseDriveText(values[key]).file === volume)) return config
  const free = unusedKeys.find(key => values[key] === undefined)
  return free === undefined ? config : writeKey(config, free, volume)
}

/** A volume that was attached again is no unused disk any more. */
export function dropUsedUnused(config: GuestConfig): GuestConfig {
  const isUsedAgain = (key: string, value: string) => isUnusedKey(key) && usesVolume(config, parseDriveText(value).file)
  return Object.entries(config.current.values)
    .filter(([key, value]) => isUsedAgain(key, value))
    .reduce((current, [key]) => writeKey(current, key, undefined), config)
}

/** Every section that names volumes: what is in force, what waits, and each snapshot. */
function sectionsWithDrives(config: GuestConfig): readonly Readonly<Record<string, string>>[] {
  return [config.current.values, config.pending, ...Object.values(config.snapshots).map(snapshot => snapshot.values)]
}

/** Whether a drive (not an `unusedN`) in any section uses the volume; `vmstate` of a snapshot counts. */
export function usesVolume(config: GuestConfig, volume: string): boolean {
  return sectionsWithDrives(config).some(values => Object.entries(values)
    .some(([key, value]) => (isDriveKey(key) || key === 'vmstate') && parseDriveText(value).file === volume))
}

/** Whether anything at all in the configuration names the volume. */
export function refersTo(config: GuestConfig, volume: string): boolean {
  return referencedVolumes(config).includes(volume)
}

/** Every volume that the configuration names in drives, unused disks and saved states; each once. */
export function referencedVolumes(config: GuestConfig): readonly string[] {
  const volumes = new Set<string>()
  for (const values of sectionsWithDrives(config)) {
    for (const [key, value] of Object.entries(values)) {
      if (!isDriveKey(key) && !isUnusedKey(key) && key !== 'vmstate') continue
      const volume = volumeOf(parseDriveText(value))
      if (volume !== undefined) volumes.add(volume)
    }
  }
  return [...volumes]
}

/** The value in force. The description is kept apart in a configuration, but is a key like the others for whoever changes it. */
export function readKey(config: GuestConfig, key: string): string | undefined {
  return key === 'description' ? config.current.description : config.current.values[key]
}

/** Sets a key (undefined: takes it out). */
export function writeKey(config: GuestConfig, key: string, value: string | undefined): GuestConfig {
  const {description, values} = config.current
  if (key === 'description') return {...config, current: {values, ...(value === undefined ? {} : {description: value})}}
  const changed = value === undefined ? without(values, key) : {...values, [key]: value}
  return {...config, current: {values: changed, ...(description === undefined ? {} : {description})}}
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
}
