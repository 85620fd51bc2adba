// What tests leave in a ZFS pool, removed. A volume whose device was in use a moment ago is busy for a while yet.
import type {Host} from '../../../src/lib/host/index.ts'

const mostTries = 100
const pauseMs = 300

/** @throws Error when something stays */
export async function emptyPool(host: Host, pool: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const {stdout} = await host.run(['zfs', 'list', '-H', '-o', 'name', '-d', '1', '-t', 'volume,filesystem', pool])
    const names = stdout.split('\n').filter((name) => name.startsWith(`${pool}/`))
    if (names.length === 0) return
    if (tries === mostTries) throw new Error(`${names.join(', ')} cannot be removed from the pool ${pool}`)
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    // A base takes its clones along.
    for (const name of names) await host.run(['zfs', 'destroy', '-R', '--', name], {okExitCodes: [0, 1]})
  }
}
