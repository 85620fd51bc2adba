// One value as text: what stands in a table's cell or after a field's name. Booleans are 1 and 0, as Proxmox VE prints them.
import {printable} from '../../base/index.ts'
import type {Column} from '../../spec/index.ts'
import {renderBytes, renderDuration, renderTimestamp} from '../../spec/render.ts'

/** A plain value as one line of text. */
export function plainText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'object') return printable(JSON.stringify(value))
  return typeof value === 'string' ? printable(value) : (value as number | bigint).toString()
}

function wordsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(wordsIn)
  return typeof value === 'string' ? [value] : []
}

/** A value in the column's unit; raw when values for programs were asked for (`--human-readable 0`). */
export function cellText(value: unknown, column: Column, isHumanReadable: boolean): string {
  if (value === undefined || value === null || value === '') return column.absent ?? ''
  if (column.unit === 'words') return wordsIn(value).map((word) => printable(word)).join(' ')
  if (typeof value !== 'number' || column.unit === undefined) return plainText(value)
  switch (column.unit) {
    case 'bytes-mib': return String(Math.round(value / 1024 ** 2))
    case 'bytes-gib': return (value / 1024 ** 3).toFixed(2)
    case 'bytes-kib': return String(Math.floor(value / 1024))
    case 'percent': return `${(value * 100).toFixed(2)}%`
    case 'bytes': return isHumanReadable ? renderBytes(value) : String(value)
    case 'timestamp': return isHumanReadable ? renderTimestamp(value) : String(value)
    case 'duration': return isHumanReadable ? renderDuration(value) : String(value)
  }
}
