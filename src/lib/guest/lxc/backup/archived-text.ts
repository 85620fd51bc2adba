// The configuration of a container as its archive has it: what is in force, without snapshots, changes that wait, and what is true of the moment only. Pure.
import type {GuestConfig} from '../../guest-config.ts'
import {formatLxcConfig} from '../config/index.ts'

const ofTheMoment: ReadonlySet<string> = new Set(['lock', 'parent', 'digest', 'snapstate', 'snaptime'])

/** Variables of `env` have NUL between them in archives, as other programs want it; the store, which takes none, has unit separators there. */
export function archivedText({current}: GuestConfig): string {
  const values = Object.fromEntries(Object.entries(current.values).filter(([key]) => !ofTheMoment.has(key)))
  return formatLxcConfig({current: {...current, values}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}).replaceAll('\u001f', '\0')
}
