// The table of `pvesm status` with Proxmox VE's columns: the name as wide as the longest and one more, sizes in KiB. Pure.
import type {StatusRow} from './status.handler.ts'

export function statusLines(rows: readonly StatusRow[]): string[] {
  const nameWidth = 1 + rows.reduce((widest, {storage}) => Math.max(widest, storage.length), 0)
  const line = (name: string, type: string, status: string, total: string, used: string, avail: string, percent: string): string => [
    name.padEnd(nameWidth), type.padStart(10), status.padStart(10), total.padStart(15), used.padStart(15), avail.padStart(15), percent.padStart(8),
  ].join(' ')
  return [
    line('Name', 'Type', 'Status', 'Total', 'Used', 'Available', '%'),
    ...rows.map((row) => line(row.storage, row.type, statusWord(row), kibibytes(row.total), kibibytes(row.used), kibibytes(row.avail), percentage(row))),
  ]
}

function statusWord({enabled, active}: StatusRow): string {
  return enabled === 0 ? 'disabled' : active === 1 ? 'active' : 'inactive'
}

function kibibytes(bytes: number): string {
  return String(Math.trunc(bytes / 1024))
}

function percentage({enabled, used, total}: StatusRow): string {
  if (enabled === 0) return 'N/A'
  return `${(total > 0 ? used * 100 / total : 0).toFixed(2)}%`
}
