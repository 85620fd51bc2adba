// What zfs tells with -Hp: lines of fields between tabs. Pure.
import {ToolError} from '../../base/index.ts'

export interface ZfsVolume {
  /** Without the dataset. */
  readonly name: string
  readonly format: 'raw' | 'subvol'
  readonly sizeBytes: number
  readonly usedBytes: number
  /** The snapshot that it is a clone of: `base-900-disk-0@__base__`. */
  readonly origin?: string
  readonly createdAtMs: number
}

export interface ToolCall { readonly host: string; readonly argv: readonly string[] }

/** Lines of listArgv; the dataset itself and what lies deeper are left out. @throws ToolError when it is something else */
export function parseVolumes(text: string, pool: string, call: ToolCall): ZfsVolume[] {
  return linesOf(text).flatMap((line) => {
    const fields = line.split('\t')
    const [name = '', type, volsize = '', refquota = '', used = '', origin = '', creation = ''] = fields
    if (fields.length !== 7) throw strange(call)
    if (!name.startsWith(`${pool}/`) || name.slice(pool.length + 1).includes('/')) return []
    const isVolume = type === 'volume'
    return [{
      name: name.slice(pool.length + 1), format: isVolume ? 'raw' as const : 'subvol' as const, sizeBytes: number(isVolume ? volsize : refquota, call), usedBytes: number(used, call),
      ...(origin.startsWith(`${pool}/`) ? {origin: origin.slice(pool.length + 1)} : {}), createdAtMs: number(creation, call) * 1000,
    }]
  })
}

/** Lines of snapshotsArgv. @throws ToolError when it is something else */
export function parseSnapshots(text: string, call: ToolCall): {readonly name: string; readonly createdAtMs: number}[] {
  return linesOf(text).map((line) => {
    const [name = '', creation = '', ...more] = line.split('\t')
    const at = name.indexOf('@')
    if (at < 0 || more.length > 0) throw strange(call)
    return {name: name.slice(at + 1), createdAtMs: number(creation, call) * 1000}
  })
}

/** Lines of spaceArgv. @throws ToolError when one is missing */
export function parseSpace(text: string, call: ToolCall): {readonly availableBytes: number; readonly usedBytes: number} {
  const values = new Map(linesOf(text).map((line) => line.split('\t') as [string, string]))
  return {availableBytes: number(values.get('available') ?? 'x', call), usedBytes: number(values.get('used') ?? 'x', call)}
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

function number(text: string, call: ToolCall): number {
  if (text === '-' || text === 'none') return 0
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(value)) return value
  throw strange(call)
}

function strange({host, argv}: ToolCall): ToolError {
  return new ToolError(`${argv[0] ?? 'zfs'} answered with something that is no report`, {host, argv, exitCode: 0, stderr: ''})
}
