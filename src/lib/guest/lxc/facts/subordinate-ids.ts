// The users and groups of the host that root may hand to containers (subuid(5)): LXC looks them up when it starts an unprivileged one.
import {ConflictError, NotFoundError, UnavailableError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {IdMap, IdRange} from '../config/id-map.ts'

interface Granted { readonly first: number; readonly count: number }

/** The ranges of a user in /etc/subuid or /etc/subgid; lines of others and what is no range are passed over. Pure. */
export function parseSubordinateIds(text: string, user: string): Granted[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([^:]{1,64}):(\d{1,10}):(\d{1,10})$/.exec(line.trim())
    return match === null || match[1] !== user && match[1] !== '0' ? [] : [{first: Number(match[2]), count: Number(match[3])}]
  })
}

/** The ranges of a map that are not granted. Pure. */
export function missingRanges(map: IdMap, granted: {readonly u: readonly Granted[]; readonly g: readonly Granted[]}): IdRange[] {
  return map.filter(({type, host, count}) => !granted[type].some(({first, count: many}) => host >= first && host + count <= first + many))
}

/**
 * To be called before an unprivileged container is made or started.
 * @throws ConflictError, UnavailableError with the command that sets right what is missing
 */
export async function requireSubordinateIds(map: IdMap, host: Host): Promise<void> {
  if (map.length === 0) return
  if (await host.which('newuidmap') === undefined) {
    throw new UnavailableError('unprivileged containers need newuidmap, which is not installed', {nextSteps: ['apt-get install uidmap']})
  }
  const [users, groups] = await Promise.all([readIds(host, '/etc/subuid'), readIds(host, '/etc/subgid')])
  const missing = missingRanges(map, {u: users, g: groups})
  if (missing.length === 0) return
  const options = missing.map(({type, host: first, count}) => `${type === 'u' ? '--add-subuids' : '--add-subgids'} ${first}-${first + count - 1}`)
  throw new ConflictError(`root may not hand the ${missing.map(({type, host: first, count}) => `${type === 'u' ? 'users' : 'groups'} ${first} to ${first + count - 1}`).join(' and the ')} to containers`, {
    nextSteps: [`Allow it: usermod ${options.join(' ')} root`],
  })
}

async function readIds(host: Host, path: string): Promise<Granted[]> {
  try {
    return parseSubordinateIds(await host.files.readText(path), 'root')
  } catch (error) {
    if (error instanceof NotFoundError) return []
    throw error
  }
}
