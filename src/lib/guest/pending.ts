// Changes that wait for a restart: the [PENDING] section of a guest's configuration ([pve:pending] of a container's) and its list of keys to delete; and the volumes that come
// and go with them. Pure: a configuration goes in, another comes out. It must not know whether a guest runs, nor touch a volume: volumes that
// lost their last use are named in the result, and the caller frees them. Which keys name volumes is the guest type's to say (VolumeKeys).
import type {GuestConfig} from './guest-config.ts'

/** Proxmox VE keeps room for this many volumes that no device uses. */
const maxUnusedVolumes = 256

export function isUnusedKey(key: string): boolean {
  return /^unused\d+$/.test(key)
}

/** The keys of a guest type whose values name volumes, `unusedN` apart, and how they name them. */
export interface VolumeKeys {
  isVolumeKey(key: string): boolean
  /** The volume that a value of such a key, of `unusedN` or of `vmstate` names; undefined for a path or none. */
  volumeOf(text: string): string | undefined
  /** The one that is kept as `unusedN` when the value goes: not that of a disc. */
  keptVolumeOf(text: string): string | undefined
}

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

/** What a configuration does with volumes, for a guest type. */
export interface VolumeBookkeeping {
  readonly revertPending: (config: GuestConfig, keys: readonly string[], ownsVolume: OwnsVolume) => GuestConfig
  readonly applyPending: (config: GuestConfig, ownsVolume: OwnsVolume, select?: (key: string) => boolean) => AppliedPending
  readonly registerUnused: (config: GuestConfig, value: string, ownsVolume: OwnsVolume) => GuestConfig
  readonly addUnused: (config: GuestConfig, volume: string) => GuestConfig
  readonly dropUsedUnused: (config: GuestConfig) => GuestConfig
  readonly usesVolume: (config: GuestConfig, volume: string) => boolean
  readonly refersTo: (config: GuestConfig, volume: string) => boolean
  readonly referencedVolumes: (config: GuestConfig) => readonly string[]
}

/** Bound to the keys of a guest type, as its other modules use it. */
export function volumeBookkeeping(keys: VolumeKeys): VolumeBookkeeping {
  return {revertPending, applyPending, registerUnused, addUnused, dropUsedUnused, usesVolume, refersTo, referencedVolumes}

  /** Forgets what waits for these keys. Drives that only a pending value held become unused disks. */
  function revertPending(config: GuestConfig, reverted: readonly string[], ownsVolume: OwnsVolume): GuestConfig {
    return reverted.reduce((current, key) => {
      const waiting = current.pending[key]
      const without = removePendingDelete(withoutPendingValue(current, key), key)
      return waiting === undefined || !keys.isVolumeKey(key) ? without : registerUnused(without, waiting, ownsVolume)
    }, config)
  }

  /**
   * Puts pending changes into force: first the deletions, then the values. A drive that is deleted or replaced becomes `unusedN`,
   * unless the deletion was forced: then its volume is to be freed.
   * @param select which keys to apply; all when absent
   */
  function applyPending(config: GuestConfig, ownsVolume: OwnsVolume, select: (key: string) => boolean = () => true): AppliedPending {
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
      if (!keys.isVolumeKey(key) && !isUnusedKey(key)) continue
      const volume = keys.volumeOf(old)
      if (!force && !isUnusedKey(key)) current = registerUnused(current, old, ownsVolume)
      else if (volume !== undefined && ownsVolume(volume) && !refersTo(current, volume)) freedVolumes.push(volume)
    }
    current = cleanupPending(current)
    for (const [key, value] of Object.entries(current.pending)) {
      if (!select(key)) continue
      const old = readKey(current, key)
      current = writeKey(withoutPendingValue(current, key), key, value)
      appliedKeys.push(key)
      if (old !== undefined && keys.isVolumeKey(key)) current = registerUnused(current, old, ownsVolume)
    }
    return {config: current, freedVolumes, appliedKeys}
  }

  /**
   * Keeps the volume of a drive that is going away as the first free `unusedN`. Nothing happens for CDs, paths, volumes of other
   * guests, and volumes that some drive, pending drive or snapshot still uses.
   */
  function registerUnused(config: GuestConfig, driveValue: string, ownsVolume: OwnsVolume): GuestConfig {
    const volume = keys.keptVolumeOf(driveValue)
    if (volume === undefined || !ownsVolume(volume) || usesVolume(config, volume)) return config
    return addUnused(config, volume)
  }

  /** Puts a volume at the first free `unusedN`; the configuration as it was when the volume stands there already or no place is left. */
  function addUnused(config: GuestConfig, volume: string): GuestConfig {
    const values = config.current.values
    const unusedKeys = Array.from({length: maxUnusedVolumes}, (_, index) => `unused${index}`)
    if (unusedKeys.some(key => values[key] !== undefined && keys.volumeOf(values[key]) === volume)) return config
    const free = unusedKeys.find(key => values[key] === undefined)
    return free === undefined ? config : writeKey(config, free, volume)
  }

  /** A volume that was attached again is no unused disk any more. */
  function dropUsedUnused(config: GuestConfig): GuestConfig {
    const isUsedAgain = (key: string, value: string) => isUnusedKey(key) && usesVolume(config, keys.volumeOf(value) ?? '')
    return Object.entries(config.current.values)
      .filter(([key, value]) => isUsedAgain(key, value))
      .reduce((current, [key]) => writeKey(current, key, undefined), config)
  }

  /** Every section that names volumes: what is in force, what waits, and each snapshot. */
  function sectionsWithDrives(config: GuestConfig): readonly Readonly<Record<string, string>>[] {
    return [config.current.values, config.pending, ...Object.values(config.snapshots).map(snapshot => snapshot.values)]
  }

  /** Whether a drive (not an `unusedN`) in any section uses the volume; `vmstate` of a snapshot counts. */
  function usesVolume(config: GuestConfig, volume: string): boolean {
    return sectionsWithDrives(config).some(values => Object.entries(values)
      .some(([key, value]) => (keys.isVolumeKey(key) || key === 'vmstate') && keys.volumeOf(value) === volume))
  }

  /** Whether anything at all in the configuration names the volume. */
  function refersTo(config: GuestConfig, volume: string): boolean {
    return referencedVolumes(config).includes(volume)
  }

  /** Every volume that the configuration names in drives, unused disks and saved states; each once. */
  function referencedVolumes(config: GuestConfig): readonly string[] {
    const volumes = new Set<string>()
    for (const values of sectionsWithDrives(config)) {
      for (const [key, value] of Object.entries(values)) {
        if (!keys.isVolumeKey(key) && !isUnusedKey(key) && key !== 'vmstate') continue
        const volume = keys.volumeOf(value)
        if (volume !== undefined) volumes.add(volume)
      }
    }
    return [...volumes]
  }
}

/** The value in force. The description is kept apart in a configuration, but is a key like the others for whoever changes it. */
export function readKey(config: GuestConfig, key: string): string | undefined {
  return key === 'description' ? config.current.description : config.current.values[key]
}

/** Sets a key (undefined: takes it out). */
export function writeKey(config: GuestConfig, key: string, value: string | undefined): GuestConfig {
  const {description, values, ...others} = config.current
  if (key === 'description') return {...config, current: {values, ...others, ...(value === undefined ? {} : {description: value})}}
  const changed = value === undefined ? without(values, key) : {...values, [key]: value}
  return {...config, current: {values: changed, ...others, ...(description === undefined ? {} : {description})}}
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
}
