// What a guest's drive for cloud-init says differently from its configuration: the section [special:cloudinit], kept as Proxmox VE keeps it.
// It holds the old values of keys that were changed since the drive was written, and in `added` the names of keys that are new since. Pure.
import {findParam, splitList} from '../../../spec/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {cloudInitParams} from '../config/cloud-init.ts'
import {readNic} from '../config/nets.ts'
import {cloudInitDriveOf} from './drive.ts'

const section = 'special:cloudinit'
const addedKey = 'added'

type Values = Readonly<Record<string, string>>

/** Keys that the files on the drive depend on. */
export function isCloudInitKey(key: string): boolean {
  return key === 'name' || /^net\d+$/.test(key) || findParam(cloudInitParams, key) !== undefined
}

/** The new configuration with what it changes noted, where it has a drive for cloud-init. */
export function withRecordedChanges(before: GuestConfig, after: GuestConfig): GuestConfig {
  const drive = cloudInitDriveOf(after.current.values)
  if (drive === undefined) return withoutRecordedChanges(after)
  // A new drive is written with whatever there is.
  if (cloudInitDriveOf(before.current.values)?.volume !== drive.volume) return withoutRecordedChanges(after)
  const {[addedKey]: addedText = '', ...old} = before.special[section]?.values ?? {}
  const record: Record<string, string> = {...old}
  const added = new Set(splitList(addedText))
  const [was, is] = [before.current.values, after.current.values]
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (!isCloudInitKey(key) || isSame(key, was[key], is[key])) continue
    if (added.has(key)) {
      if (is[key] === undefined) added.delete(key)
    } else if (record[key] !== undefined) {
      if (isSame(key, record[key], is[key])) delete record[key]
    } else if (was[key] === undefined) added.add(key)
    else record[key] = was[key]
  }
  const values = {...(added.size === 0 ? {} : {[addedKey]: [...added].sort().join(',')}), ...Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))}
  if (Object.keys(values).length === 0) return withoutRecordedChanges(after)
  return {...after, special: {...after.special, [section]: {values}}}
}

/** The drive says what the configuration does. */
export function withoutRecordedChanges(config: GuestConfig): GuestConfig {
  if (config.special[section] === undefined) return config
  return {...config, special: Object.fromEntries(Object.entries(config.special).filter(([name]) => name !== section))}
}

export function hasRecordedChanges({special}: GuestConfig): boolean {
  return special[section] !== undefined
}

/** Of a network card cloud-init knows the hardware address only. */
function isSame(key: string, a: string | undefined, b: string | undefined): boolean {
  if (a === b || a === undefined || b === undefined || !/^net\d+$/.test(key)) return a === b
  try {
    return readNic(key, a).macaddr === readNic(key, b).macaddr
  } catch {
    return false
  }
}

export interface CloudInitEntry {
  readonly key: string
  /** What the drive says. */
  readonly value?: string
  /** What it will say. */
  readonly pending?: string
  readonly isDeleted?: boolean
}

/** Each key that the drive depends on, sorted. */
export function cloudInitEntries({current: {values}, special}: GuestConfig): CloudInitEntry[] {
  const {[addedKey]: addedText = '', ...record}: Values = special[section]?.values ?? {}
  const added = new Set(splitList(addedText))
  const keys = [...new Set([...Object.keys(values), ...Object.keys(record)])].filter(isCloudInitKey).sort()
  return keys.map(key => {
    const [old, now] = [record[key], values[key]]
    if (old === undefined) return added.has(key) ? {key, pending: now ?? ''} : {key, value: now ?? ''}
    return now === undefined ? {key, value: old, isDeleted: true} : {key, value: old, pending: now}
  })
}
