// Brings a configuration up to date with what its storages hold: sizes that changed, volumes of the guest that nothing names, unused
// volumes that are in use again. Pure.
import {formatSize, parseSize} from '../spec/size.ts'
import type {GuestConfig} from './guest-config.ts'
import type {VolumeBookkeeping} from './pending.ts'
import {writeKey} from './pending.ts'

/** The size of each volume that the guest owns, by volume id. */
export type OwnedVolumes = ReadonlyMap<string, number>

export interface Rescanned {
  readonly config: GuestConfig
  /** What changed, a line each. */
  readonly changes: readonly string[]
}

/** How a type of guest writes volumes and their sizes down. */
export interface RescanType extends Pick<VolumeBookkeeping, 'addUnused' | 'dropUsedUnused' | 'refersTo'> {
  /** `disk`, `volume`. */
  readonly noun: string
  /** The volume of a key and the size that stands beside it; undefined where none is kept. */
  readonly sizedVolume: (key: string, text: string) => {readonly volume: string; readonly size: string | undefined} | undefined
  readonly withSize: (key: string, text: string, size: string) => string
  /** Whether a volume that nothing names is one that can be kept. */
  readonly isKept: (volume: string) => boolean
}

export function rescanned({noun, sizedVolume, withSize, isKept, addUnused, dropUsedUnused, refersTo}: RescanType, config: GuestConfig, volumes: OwnedVolumes): Rescanned {
  const changes: string[] = []
  let current = config
  for (const [key, text] of Object.entries(config.current.values)) {
    const known = sizedVolume(key, text)
    const sizeBytes = known === undefined ? undefined : volumes.get(known.volume)
    if (known === undefined || sizeBytes === undefined || bytesOf(known.size) === sizeBytes) continue
    const size = formatSize(sizeBytes)
    current = writeKey(current, key, withSize(key, text, size))
    changes.push(known.size === undefined ? `${key} has ${size}` : `${key} has ${size}, not ${known.size}`)
  }
  const kept = dropUsedUnused(current)
  for (const key of Object.keys(current.current.values)) if (!(key in kept.current.values)) changes.push(`${key} is in use and no unused ${noun} any more`)
  current = kept
  for (const volume of [...volumes.keys()].sort()) {
    if (refersTo(current, volume) || !isKept(volume)) continue
    const added = addUnused(current, volume)
    const key = Object.keys(added.current.values).find((name) => !(name in current.current.values))
    changes.push(key === undefined ? `no place is left for the volume ${volume}, which nothing uses` : `the volume ${volume}, which nothing uses, is ${key} now`)
    current = added
  }
  return {config: current, changes}
}

/** A size edited by hand into nonsense is corrected like a wrong one. */
function bytesOf(size: string | undefined): number | undefined {
  try {
    return size === undefined ? undefined : parseSize(size)
  } catch {
    return undefined
  }
}
