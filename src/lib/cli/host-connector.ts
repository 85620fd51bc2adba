// How this command line reaches other hosts: over SSH, unless a test brings its own way.
import type {HostConnector} from '../host/index.ts'
import type {Surroundings} from './surroundings.ts'

export async function hostConnector(surroundings: Surroundings): Promise<HostConnector> {
  return surroundings.hosts === undefined ? (await import('./connect-hosts.ts')).sshConnector(surroundings) : surroundings.hosts()
}
