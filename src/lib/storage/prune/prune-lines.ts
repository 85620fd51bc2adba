// Marked backups as a table, with Proxmox VE's columns. Pure.
import {printable} from '../../base/index.ts'
import type {MarkedBackup} from './prune-marks.ts'

export function pruneLines(backups: readonly MarkedBackup[]): string[] {
  const rows = backups.map(({volid, type, vmid, mark}) => [printable(volid), vmid === undefined ? type : `${type}/${vmid}`, mark] as const)
  const all = [['Backup', 'Backup-ID', 'Prune-Mark'] as const, ...rows]
  const width = (column: 0 | 1) => Math.max(...all.map((row) => row[column].length))
  const [first, second] = [width(0), width(1)]
  return all.map(([volid, id, mark]) => `${volid.padEnd(first)} ${id.padEnd(second)} ${mark}`)
}
