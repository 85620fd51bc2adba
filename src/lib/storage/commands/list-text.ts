// The table of `pvesm list` with Proxmox VE's columns: the id as wide as the longest, the size as wide as the largest; volumes of guests
// first, then the others by format. Pure.
import {printable} from '../../base/index.ts'
import type {ListRow} from './list.handler.ts'

export function listLines(rows: readonly ListRow[]): string[] {
  const idWidth = rows.reduce((widest, {volid}) => Math.max(widest, printable(volid).length), 0)
  const sizeWidth = String(rows.reduce((largest, {size}) => Math.max(largest, size), 0)).length
  const line = (volid: string, format: string, content: string, size: string, vmid?: string): string =>
    [printable(volid).padEnd(idWidth), format.padEnd(7), content.padEnd(9), size.padStart(sizeWidth), ...(vmid === undefined ? [] : [vmid])].join(' ')
  const owned = rows.filter(({vmid}) => vmid !== undefined)
  const others = rows.filter(({vmid}) => vmid === undefined).sort((a, b) => a.format === b.format ? 0 : a.format < b.format ? -1 : 1)
  return [
    line('Volid', 'Format', 'Type', 'Size', 'VMID'),
    ...[...owned, ...others].map(({volid, format, content, size, vmid}) => line(volid, format, content, String(size), vmid === undefined ? undefined : String(vmid))),
  ]
}
