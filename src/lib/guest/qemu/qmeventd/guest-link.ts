// One connection that a QEMU opened to us: whose it is, and what its events mean. The QEMU may have been taken over by its guest, so
// what it says decides only about itself: it can end itself early, and nothing else.
import type {Places} from '../../../base/index.ts'
import type {QmpClient, QmpEvent} from '../qmp/index.ts'
import {guestPaths} from '../runtime/sockets.ts'

/** How a guest ended, in the words of `qm cleanup`. */
export interface GuestEnd {
  /** It was switched off by itself or by us, and did not crash. */
  readonly isClean: boolean
  readonly isGuestRequested: boolean
}

/** The VMID of the QEMU at the other end, by the path of its own QMP socket. @throws UnavailableError, ToolError when it does not answer */
export async function identifyGuest(client: QmpClient, places: Places): Promise<number | undefined> {
  return vmidOfChardevs(await client.execute('query-chardev', undefined, {timeoutMs: 5_000}), places)
}

/** Pure: reads the answer of query-chardev. */
export function vmidOfChardevs(answer: unknown, places: Places): number | undefined {
  if (!Array.isArray(answer)) return undefined
  for (const chardev of answer.slice(0, 200) as unknown[]) {
    if (typeof chardev !== 'object' || chardev === null) continue
    const {label, filename} = chardev as {label?: unknown; filename?: unknown}
    if (label !== 'qmp' || typeof filename !== 'string') continue
    // `unix:PATH,server=on`: the path may hold commas itself, so its end is found by the name that it must have.
    const vmid = Number(/\/([1-9]\d{2,8})\.qmp(?:,server(?:=on)?)?$/.exec(filename)?.[1])
    if (!Number.isSafeInteger(vmid)) return undefined
    const path = `unix:${guestPaths(places, vmid).qmp}`
    return [path, `${path},server`, `${path},server=on`].includes(filename.replace(/^disconnected:/, '')) ? vmid : undefined
  }
  return undefined
}

/** What a SHUTDOWN event says about the end; undefined for other events. */
export function endOfEvent(event: QmpEvent): GuestEnd | undefined {
  if (event.name !== 'SHUTDOWN') return undefined
  return {isClean: event.data['reason'] !== 'guest-panic', isGuestRequested: event.data['guest'] === true}
}

/** Whether the guest has switched itself off and QEMU waits (-no-shutdown): its event may have gone by before we listened. */
export async function isShutDown(client: QmpClient): Promise<boolean> {
  const status = await client.execute('query-status', undefined, {timeoutMs: 5_000})
  return typeof status === 'object' && status !== null && 'status' in status && status.status === 'shutdown'
}
