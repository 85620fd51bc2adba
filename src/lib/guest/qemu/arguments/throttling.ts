// Limits of a drive, in QEMU's words.
import type {Drive} from '../config/index.ts'

/** Direction in our keys and in QEMU's. */
const directions = [['', 'total'], ['_rd', 'read'], ['_wr', 'write']] as const

/** `{'bps-total': 10485760, …}`: only what is limited. */
export function throttleLimits(drive: Drive): Record<string, number> {
  const limits: Record<string, number> = {}
  const set = (name: string, value: number | undefined) => { if (value !== undefined && value > 0) limits[name] = Math.trunc(value) }
  for (const [suffix, name] of directions) {
    set(`bps-${name}`, mebibytes(drive[`mbps${suffix}`]))
    set(`bps-${name}-max`, mebibytes(drive[`mbps${suffix}_max`]))
    set(`bps-${name}-max-length`, drive[`bps${suffix}_max_length`])
    set(`iops-${name}`, drive[`iops${suffix}`])
    set(`iops-${name}-max`, drive[`iops${suffix}_max`])
    set(`iops-${name}-max-length`, drive[`iops${suffix}_max_length`])
  }
  return limits
}

function mebibytes(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 1024 ** 2
}
