// Lines of two columns as Proxmox VE's scans print them: the first as wide as its longest, without a header. Pure.
import {printable} from '../../base/index.ts'

export function columnLines(rows: readonly (readonly [string, string])[]): string[] {
  const shown = rows.map(([first, second]) => [printable(first), printable(second)] as const)
  const width = shown.reduce((widest, [first]) => Math.max(widest, first.length), 0)
  return shown.map(([first, second]) => `${first.padEnd(width)} ${second}`)
}
