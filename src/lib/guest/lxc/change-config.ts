// What `pct set` makes of a configuration: keys set, deleted and reverted; mount points that go become unused volumes. Pure.
import {ConflictError, InvalidInputError} from '../../base/index.ts'
import {didYouMean, findParam} from '../../spec/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import {addPendingDelete, cleanupPending, readKey, removePendingDelete, writeKey} from '../pending.ts'
import type {OwnsVolume} from '../pending.ts'
import {applyPending, dropUsedUnused, isMountKey, isUnusedKey, lxcConfigParams, readMountPoint, refersTo, registerUnused, revertPending} from './config/index.ts'
import {isLiveKey} from './live-keys.ts'

export interface ConfigChange {
  /** Values by key, as they are to be stored. */
  readonly values: Readonly<Record<string, string>>
  readonly delete: readonly string[]
  readonly revert: readonly string[]
}

export interface ConfigChangeFacts {
  readonly vmid: number
  readonly isRunning: boolean
  readonly ownsVolume: OwnsVolume
}

/** What a running container takes at once, because it has no part in it. Others are carried out while it runs (runtime/live-changes.ts) or wait for its next start. */
const keysWithoutRestart: ReadonlySet<string> = new Set(['description', 'hookscript', 'lock', 'onboot', 'protection', 'startup', 'tags', 'template', 'cmode', 'debug'])
/** Decided when the container is made: its files belong to the users of then. */
const fixedKeys: readonly string[] = ['unprivileged', 'arch', 'ostype']

/** @throws InvalidInputError, ConflictError */
export function changeConfig(config: GuestConfig, change: ConfigChange, facts: ConfigChangeFacts): {readonly config: GuestConfig; readonly freedVolumes: readonly string[]; readonly warnings: readonly string[]} {
  assertConsistent(config, change)
  const warnings: string[] = []
  const freedVolumes: string[] = []
  let current = revertPending(config, change.revert, facts.ownsVolume)
  for (const key of new Set(change.delete)) {
    const value = readKey(current, key) ?? current.pending[key]
    if (value === undefined) { warnings.push(`'${key}' cannot be deleted: it is not set`); continue }
    if (isUnusedKey(key)) {
      current = writeKey(current, key, undefined)
      const volume = value.replace(/^volume=/, '')
      if (!facts.ownsVolume(volume)) continue
      if (refersTo(current, volume)) throw new ConflictError(`${key} cannot be removed: the volume '${volume}' is still in use, by a mount point or a snapshot`, {data: {vmid: facts.vmid, volume}})
      freedVolumes.push(volume)
      continue
    }
    const waiting = current.pending[key]
    current = addPendingDelete(current, key)
    if (waiting !== undefined && isMountKey(key)) current = registerUnused(current, waiting, facts.ownsVolume)
  }
  for (const [key, value] of Object.entries(change.values)) {
    if (isUnusedKey(key)) { current = writeKey(current, key, value); continue }
    const waiting = current.pending[key]
    current = removePendingDelete({...current, pending: {...current.pending, [key]: value}}, key)
    if (waiting !== undefined && isMountKey(key)) current = registerUnused(current, waiting, facts.ownsVolume)
  }
  const applied = applyPending(cleanupPending(current), facts.ownsVolume, facts.isRunning ? (key) => keysWithoutRestart.has(key) || isLiveKey(key) : undefined)
  const changed = dropUsedUnused(applied.config)
  assertDistinctPaths({...changed.current.values, ...changed.pending})
  return {config: changed, freedVolumes: [...freedVolumes, ...applied.freedVolumes], warnings}
}

function assertConsistent(config: GuestConfig, change: ConfigChange): void {
  for (const [option, keys] of [['delete', change.delete], ['revert', change.revert]] as const) {
    for (const key of keys) {
      if (key in change.values) throw new InvalidInputError(`'${key}' cannot be set and be named in '${option}' at the same time`, {[option]: `names '${key}', which is set as well`})
      if (findParam(lxcConfigParams, key) === undefined && readKey(config, key) === undefined && config.pending[key] === undefined) {
        throw new InvalidInputError(`'${option}' names '${key}', which is no option of a container${didYouMean(key, [...Object.keys(config.current.values), ...Object.keys(config.pending)])}`, {[option]: `does not know '${key}'`})
      }
    }
  }
  if (change.delete.includes('rootfs')) throw new InvalidInputError("'rootfs' cannot be deleted: a container needs its root file system", {delete: "names 'rootfs'"})
  for (const key of fixedKeys) {
    const isChanged = change.delete.includes(key) && readKey(config, key) !== undefined || key in change.values && change.values[key] !== readKey(config, key)
    if (isChanged && key !== 'ostype') throw new InvalidInputError(`'${key}' is decided when a container is made and cannot be changed`, {[key]: 'cannot be changed'})
  }
}

/** No two volumes may be mounted at one path. */
export function assertDistinctPaths(values: Readonly<Record<string, string>>): void {
  const seen = new Map<string, string>()
  for (const [key, text] of Object.entries(values)) {
    if (!isMountKey(key)) continue
    const {path} = readMountPoint(key, text)
    const other = seen.get(path)
    if (other !== undefined) throw new InvalidInputError(`'${other}' and '${key}' are mounted at the same path ${path}`, {[`${key}.mp`]: `is that of '${other}'`})
    seen.set(path, key)
  }
}
