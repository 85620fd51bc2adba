// The lock under which huge pages are counted and changed. A start holds it until the guest has its pages, because until then the kernel shows
// them as free; whoever gives pages back takes it for that moment.
import type {GuestConfig} from '../../guest-config.ts'
import {withLocks} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {releaseHugePages} from './reservation.ts'

const releaseTimeoutMs = 120_000

/** Locks are taken in the order of their names, and this one is taken by who holds others: it must come last. */
export function hugePagesLock(node: string): string {
  return `system/hugepages/${node}`
}

/** For the start of a guest. */
export function locksOfHugePages(config: Pick<GuestConfig, 'current' | 'pending'>, node: string): string[] {
  return config.current.values['hugepages'] === undefined && config.pending['hugepages'] === undefined ? [] : [hugePagesLock(node)]
}

/** Gives back what was added for a guest, under the lock; a start that is taken back holds it already. */
export async function releaseHugePagesUnderLock(vmid: number, context: Context): Promise<void> {
  if (await context.host.files.stat(guestPaths(context.places, vmid).hugePages) === undefined) return
  const name = hugePagesLock(context.node)
  if (context.fences.some(({lock}) => lock === name)) return releaseHugePages(vmid, context)
  await withLocks({names: [name], reason: `giving back the huge pages of ${vmid}`, timeoutMs: releaseTimeoutMs}, context, held => releaseHugePages(vmid, held))
}
