// The SSH transport. Cheap to import: OpenSSH's files and the ssh2 package are loaded by the first connection.
import type {SshConnection, SshOptions, SshTarget} from './types.ts'

export type * from './types.ts'
export {agentCommand, agentPath, packagedAgentPath} from './agent-command.ts'
export {checkSshTarget, formatSshTarget, parseSshTarget} from './target.ts'

/**
 * Connects to a host as `ssh` would: its configuration, known hosts, keys and jumps.
 * @throws InvalidInputError (a name that is none), UnavailableError (not reached, took too long), ForbiddenError (host key unknown, changed
 *   or revoked), UnauthenticatedError (no key was taken), UnsupportedError (the configuration asks for what we cannot do), CancelledError
 */
export async function connectSsh(target: SshTarget, options: SshOptions): Promise<SshConnection> {
  return (await import('./connect.ts')).connectSsh(target, options)
}

/**
 * How long OpenSSH's configuration lets connecting to this host take (ConnectTimeout), over all hops; undefined where it does not say.
 * @throws as connectSsh, without connecting
 */
export async function configuredTimeoutMs(target: SshTarget, options: Pick<SshOptions, 'env' | 'home' | 'configFiles'>): Promise<number | undefined> {
  const hops = (await import('./route.ts')).routeTo(target, options)
  const totalMs = hops.reduce((sum, {connectTimeoutMs = 0}) => sum + connectTimeoutMs, 0)
  return totalMs === 0 ? undefined : totalMs
}
