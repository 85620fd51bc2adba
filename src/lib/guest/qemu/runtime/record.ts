// What is noted about a virtual machine while it runs: which process it is, what board and QEMU it was started with. Written by start,
// gone with the run files. Whether the guest runs is never told from it (status.ts).
import type {Places} from '../../../base/index.ts'
import {AppError} from '../../../base/index.ts'
import type {Host, ProcessId} from '../../../host/index.ts'
import {guestPaths} from './sockets.ts'

export interface RunRecord {
  readonly process: ProcessId
  /** The machine type with its version, as QEMU resolved it: `pc-i440fx-7.2`. */
  readonly machine: string
  readonly qemuVersion: string
  readonly startedAtMs: number
}

export async function writeRunRecord(vmid: number, record: RunRecord, {host, places}: {host: Host; places: Places}): Promise<void> {
  await host.files.write(guestPaths(places, vmid).record, `${JSON.stringify(record)}\n`, {durable: false})
}

/** @returns undefined when there is none, or none that can be read; the guest may run nevertheless */
export async function readRunRecord(vmid: number, {host, places}: {host: Host; places: Places}): Promise<RunRecord | undefined> {
  try {
    return parseRunRecord(await host.files.readText(guestPaths(places, vmid).record, 64 * 1024))
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not-found') return undefined
    throw error
  }
}

export function parseRunRecord(text: string): RunRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const {process, machine, qemuVersion, startedAtMs} = value as Partial<RunRecord>
  if (typeof process?.pid !== 'number' || typeof process.startTime !== 'string') return undefined
  if (typeof machine !== 'string' || typeof qemuVersion !== 'string' || typeof startedAtMs !== 'number') return undefined
  return {process: {pid: process.pid, startTime: process.startTime}, machine, qemuVersion, startedAtMs}
}
