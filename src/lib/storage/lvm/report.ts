// What lvs and vgs tell, as typed values (lvmreport(7), --reportformat json). Pure.
import {ToolError} from '../../base/index.ts'

export interface LogicalVolume {
  readonly name: string
  readonly sizeBytes: number
  readonly tags: readonly string[]
  readonly createdAtMs?: number
  /** Some process has its device open. */
  readonly isOpen: boolean
}

export interface VolumeGroup { readonly totalBytes: number; readonly freeBytes: number; readonly extentBytes: number }

type Row = Readonly<Record<string, unknown>>

/** @throws ToolError when it is not what lvm2 writes */
export function parseLogicalVolumes(text: string, source: {readonly host: string; readonly argv: readonly string[]}): LogicalVolume[] {
  return rows(text, 'lv', source).map((row) => {
    const createdAtMs = Date.parse(field(row, 'lv_time').replace(/^(\S+) (\S+) ([+-]\d{2})(\d{2})$/, '$1T$2$3:$4'))
    return {
      name: field(row, 'lv_name'), sizeBytes: bytes(row, 'lv_size', source), tags: field(row, 'lv_tags').split(',').filter((tag) => tag !== ''),
      // lvs(8), lv_attr: the sixth character is 'o' when the device is open.
      isOpen: field(row, 'lv_attr')[5] === 'o', ...(Number.isNaN(createdAtMs) ? {} : {createdAtMs}),
    }
  })
}

/** @throws ToolError as above; undefined when the group is not in the report */
export function parseVolumeGroup(text: string, source: {readonly host: string; readonly argv: readonly string[]}): VolumeGroup | undefined {
  const row = rows(text, 'vg', source)[0]
  if (row === undefined) return undefined
  return {totalBytes: bytes(row, 'vg_size', source), freeBytes: bytes(row, 'vg_free', source), extentBytes: bytes(row, 'vg_extent_size', source)}
}

function rows(text: string, kind: 'lv' | 'vg', source: {readonly host: string; readonly argv: readonly string[]}): Row[] {
  try {
    const {report} = JSON.parse(text) as {report: readonly Readonly<Record<string, unknown>>[]}
    const found = report.flatMap((part) => part[kind] ?? [])
    if (found.every((row): row is Row => typeof row === 'object' && row !== null)) return found
  } catch (error) {
    throw strange(source, error)
  }
  throw strange(source)
}

function field(row: Row, name: string): string {
  const value = row[name]
  return typeof value === 'string' ? value : ''
}

function bytes(row: Row, name: string, source: {readonly host: string; readonly argv: readonly string[]}): number {
  const value = Number(field(row, name) || NaN)
  if (!Number.isSafeInteger(value) || value < 0) throw strange(source)
  return value
}

function strange({host, argv}: {readonly host: string; readonly argv: readonly string[]}, cause?: unknown): ToolError {
  return new ToolError(`${argv[0] ?? 'lvm'} answered with something that is no report`, {host, argv, exitCode: 0, stderr: '', cause})
}
