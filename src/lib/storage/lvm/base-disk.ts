// What pvs and wipefs tell of the disk on which a volume group is to be made. Pure.
import {ToolError} from '../../base/index.ts'

/** The group in a report of `pvs -o pv_name,vg_name` about one disk, '' for none. @throws ToolError when it is something else */
export function groupOfDisk(text: string): string {
  const group = rowsOf(text, 'pvs', (value) => (value as {report?: {pv?: unknown}[]}).report?.[0]?.pv)[0]?.['vg_name']
  return typeof group === 'string' ? group : ''
}

/** The kinds of what is on a disk, from `wipefs --no-act --json`, which says nothing at all of a blank one. @throws ToolError as above */
export function signaturesOfDisk(text: string): string[] {
  if (text.trim() === '') return []
  const rows = rowsOf(text, 'wipefs', (value) => (value as {signatures?: unknown}).signatures)
  return [...new Set(rows.map((row) => typeof row['type'] === 'string' ? row['type'] : 'something unknown'))]
}

function rowsOf(text: string, program: string, pick: (value: object) => unknown): Readonly<Record<string, unknown>>[] {
  let cause: unknown
  try {
    const value: unknown = JSON.parse(text)
    const rows = typeof value === 'object' && value !== null ? pick(value) : undefined
    if (Array.isArray(rows) && rows.every((row): row is Readonly<Record<string, unknown>> => typeof row === 'object' && row !== null)) return rows
  } catch (error) {
    cause = error
  }
  throw new ToolError(`${program} answered with something that is no report`, {host: 'this host', argv: [program], exitCode: 0, stderr: '', cause})
}
