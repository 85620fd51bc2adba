// What lvs tells of thin volumes, as typed values (lvmreport(7), --reportformat json). Pure.
import {ToolError} from '../../base/index.ts'
import type {LogicalVolume} from '../lvm/report.ts'
import {parseLogicalVolumes} from '../lvm/report.ts'

export interface ThinVolume extends LogicalVolume {
  /** The pool that it is in; '' for volumes of other kinds. */
  readonly pool: string
  readonly isReadOnly: boolean
  /** For a pool: how full it is, in per cent. */
  readonly dataPercent: number
}

/** @throws ToolError when it is not what lvm2 writes */
export function parseThinVolumes(text: string, source: {readonly host: string; readonly argv: readonly string[]}): ThinVolume[] {
  const volumes = parseLogicalVolumes(text, source)
  const rows = (JSON.parse(text) as {report: readonly {lv?: readonly Readonly<Record<string, unknown>>[]}[]}).report.flatMap(({lv}) => lv ?? [])
  return volumes.map((volume, index) => {
    const row = rows[index] ?? {}
    const word = (name: string): string => {
      const value = row[name]
      return typeof value === 'string' ? value : ''
    }
    const percent = Number(word('data_percent') || 0)
    if (Number.isNaN(percent)) throw new ToolError('lvs answered with something that is no report', {...source, exitCode: 0, stderr: ''})
    // lvs(8), lv_attr: the second character is 'r' for a volume that is read only.
    return {...volume, pool: word('pool_lv'), isReadOnly: word('lv_attr')[1] === 'r', dataPercent: percent}
  })
}
