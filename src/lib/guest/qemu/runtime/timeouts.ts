// How long the phases of a virtual machine's life may take. The figures are Proxmox VE's.
import {readMemoryMib} from '../config/memory.ts'

/** For QEMU to come up: 30 seconds, or a second for each GiB of memory when that is more. */
export function startTimeoutSeconds(values: Readonly<Record<string, string>>): number {
  return Math.max(30, Math.floor(readMemoryMib(values['memory']) / 1024))
}

/** For a guest to shut down: `down` of its startup order, else a minute. */
export function shutdownTimeoutSeconds(values: Readonly<Record<string, string>>): number {
  const down = /(?:^|,)down=(\d{1,6})(?:,|$)/.exec(values['startup'] ?? '')?.[1]
  return down === undefined ? 60 : Number(down)
}

/** For `quit` to take effect before signals are sent. */
export const quitTimeoutSeconds = 60

/** A limit given as 0 means none; a day is as good and keeps every wait bounded. */
export function limitMs(seconds: number): number {
  return (seconds === 0 ? 86_400 : Math.min(seconds, 86_400)) * 1000
}
