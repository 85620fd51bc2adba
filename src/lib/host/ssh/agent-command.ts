// The strings that sshd gets: the path of the agent and one constant word. No value of a command ever gets into them, so no remote shell has
// anything to take apart.
import {InvalidInputError} from '../../base/index.ts'

/** Where the agent is installed on a host. */
export const agentPath = '/usr/local/lib/corral/corral-agent'
/** Where Debian's package has one, which is never written to over SSH: it belongs to the packages of that host. */
export const packagedAgentPath = '/usr/lib/corral/agent/corral-agent'

export interface AgentPlace {
  /** The login is not root. */
  readonly needsSudo: boolean
  /** Another path than the constant one, for private installations. */
  readonly path?: string
}

/** @throws InvalidInputError when the path is not one that every shell takes as one word */
export function agentCommand(kind: 'stdio' | 'terminal', {needsSudo, path = agentPath}: AgentPlace): string {
  return `${needsSudo ? 'sudo -n ' : ''}${checkPlainPath(path)} --${kind}`
}

/**
 * A path of characters that mean nothing to any shell.
 * @throws InvalidInputError
 */
export function checkPlainPath(path: string): string {
  if (/^(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/.test(path) && path.length <= 255) return path
  throw new InvalidInputError('a path on a host must be absolute and of letters, digits, dots, dashes and underscores')
}
