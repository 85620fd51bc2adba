// How this command line reaches other hosts: over SSH, by a connection that is kept where there is one, unless a test brings its own way.
import type {HostConnector} from '../host/index.ts'
import type {Surroundings} from './surroundings.ts'

export async function hostConnector(surroundings: Surroundings): Promise<HostConnector> {
  if (surroundings.hosts !== undefined) return surroundings.hosts()
  const [{sshConnector}, {withKeepers}] = await Promise.all([import('./connect-hosts.ts'), import('./keeper/index.ts')])
  return withKeepers(sshConnector(surroundings), surroundings)
}
