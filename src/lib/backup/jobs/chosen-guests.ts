// The guests of this host that a job is for.
import {parseUserConfig} from '../../access/index.ts'
import {NotFoundError} from '../../base/index.ts'
import {guestsOfNode} from '../../guest/guest-wishes.ts'
import type {GuestOfNode} from '../../guest/guest-wishes.ts'
import {splitList} from '../../spec/index.ts'
import type {Context} from '../../tasks/index.ts'

/**
 * By VMID, templates as well.
 * @throws NotFoundError for a pool that is not there, and when none of the guests that are named is on this host
 */
export async function chosenGuests({vmid, exclude, pool}: Readonly<Record<string, unknown>>, context: Context): Promise<GuestOfNode[]> {
  const named = typeof vmid === 'string' ? vmid : undefined
  const excluded = new Set(typeof exclude === 'string' ? splitList(exclude).map(Number) : [])
  const members = typeof pool === 'string' ? await membersOf(pool, context) : undefined
  const guests = await guestsOfNode(named, context)
  const chosen = guests.filter((guest) => !excluded.has(guest.vmid) && (members?.has(guest.vmid) ?? true)).sort((a, b) => a.vmid - b.vmid)
  if (named !== undefined && chosen.length === 0) throw new NotFoundError(`none of the guests ${named} is on node '${context.node}'`)
  return chosen
}

async function membersOf(pool: string, {store}: Context): Promise<ReadonlySet<number>> {
  const found = parseUserConfig((await store.read('user.cfg'))?.data ?? '').pools.get(pool)
  if (found === undefined) throw new NotFoundError(`there is no pool '${pool}'`)
  return found.vmids
}
