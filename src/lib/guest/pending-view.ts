// What is in force in a guest's configuration and what waits, as `qm pending` and `pct pending` show it. Pure.
import {encodeText} from './config-file.ts'
import type {GuestConfig} from './guest-config.ts'
import {readKey} from './pending.ts'

type ShownValue = string | number

export interface PendingEntry {
  readonly key: string
  readonly value?: ShownValue
  readonly pending?: ShownValue
  /** 1: will be deleted; 2: by force. */
  readonly delete?: 1 | 2
}

/** @param shown how a value is shown to programs */
export function pendingEntries(config: GuestConfig, shown: (key: string, value: string) => ShownValue): PendingEntry[] {
  const keys = new Set([...Object.keys(config.current.values), ...Object.keys(config.pending), ...Object.keys(config.pendingDelete)])
  if (config.current.description !== undefined) keys.add('description')
  return [...keys].sort().map((key): PendingEntry => {
    const value = readKey(config, key)
    const pending = config.pending[key]
    const deletion = config.pendingDelete[key]
    return {
      key,
      ...(value === undefined ? {} : {value: shown(key, value)}),
      ...(pending === undefined ? {} : {pending: shown(key, pending)}),
      ...(deletion === undefined ? {} : {delete: deletion.force ? 2 : 1}),
    }
  })
}

/** `cur`, `new` and `del` before `key: value`. */
export function pendingLines(entries: readonly PendingEntry[]): string[] {
  return entries.flatMap(({key, value, pending, delete: deletion}) => {
    const shown = (text: ShownValue) => `${key}: ${key === 'description' ? encodeText(String(text)) : String(text)}`
    if (value === undefined) return pending === undefined ? [] : [`new ${shown(pending)}`]
    if (deletion !== undefined) return [`del ${shown(value)}`]
    return pending === undefined ? [`cur ${shown(value)}`] : [`cur ${shown(value)}`, `new ${shown(pending)}`]
  })
}
