// Overwrites a device with zeros (the option saferemove), as fast as the storage's options let it.
import type {Clock} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {zeroArgv} from './lvm-argv.ts'

/** A slow disk of many terabytes takes days. */
const timeoutMs = 7 * 24 * 3600_000

export interface OverwriteOptions { readonly stepBytes: number; readonly bytesPerSecond: number | undefined }

/**
 * Without a limit the kernel is asked once, which lets the disk do it itself where it can; with one, step by step, so that others get
 * their turn between the steps.
 */
export async function overwriteDevice({host, clock}: {readonly host: Host; readonly clock: Clock}, path: string, sizeBytes: number, {stepBytes, bytesPerSecond}: OverwriteOptions): Promise<void> {
  if (bytesPerSecond === undefined) {
    await host.run(zeroArgv(path, stepBytes), {timeoutMs})
    return
  }
  const startMs = clock.now()
  for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += stepBytes) {
    const lengthBytes = Math.min(stepBytes, sizeBytes - offsetBytes)
    await host.run(zeroArgv(path, stepBytes, {offsetBytes, lengthBytes}), {timeoutMs})
    const dueMs = startMs + (offsetBytes + lengthBytes) / bytesPerSecond * 1000
    const aheadMs = Math.round(dueMs - clock.now())
    if (aheadMs > 0) await clock.sleep(aheadMs)
  }
}
