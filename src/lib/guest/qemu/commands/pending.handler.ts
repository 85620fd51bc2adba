// Shows what is in force in a virtual machine's configuration and what waits for its next start.
import {handleRead} from '../../../tasks/index.ts'
import {shownValue} from '../config-view.ts'
import type {ShownValue} from '../config-view.ts'
import {encodeText} from '../config/config-file.ts'
import {readGuest} from '../guest-files.ts'
import {readKey} from '../pending.ts'
import {spec} from './pending.spec.ts'

interface PendingEntry {
  readonly key: string
  readonly value?: ShownValue
  readonly pending?: ShownValue
  /** 1: will be deleted; 2: by force. */
  readonly delete?: 1 | 2
}

export const handler = handleRead(spec, async ({vmid}, context): Promise<PendingEntry[]> => {
  const {config} = await readGuest(vmid, context)
  const keys = new Set([...Object.keys(config.current.values), ...Object.keys(config.pending), ...Object.keys(config.pendingDelete)])
  if (config.current.description !== undefined) keys.add('description')
  return [...keys].sort().map((key): PendingEntry => {
    const value = readKey(config, key)
    const pending = config.pending[key]
    const deletion = config.pendingDelete[key]
    return {
      key,
      ...(value === undefined ? {} : {value: shownValue(key, value)}),
      ...(pending === undefined ? {} : {pending: shownValue(key, pending)}),
      ...(deletion === undefined ? {} : {delete: deletion.force ? 2 : 1}),
    }
  })
}, entries => entries.flatMap(entryLines))

function entryLines({key, value, pending, delete: deletion}: PendingEntry): string[] {
  const shown = (text: ShownValue) => `${key}: ${key === 'description' ? encodeText(String(text)) : String(text)}`
  if (value === undefined) return pending === undefined ? [] : [`new ${shown(pending)}`]
  if (deletion !== undefined) return [`del ${shown(value)}`]
  return pending === undefined ? [`cur ${shown(value)}`] : [`cur ${shown(value)}`, `new ${shown(pending)}`]
}
