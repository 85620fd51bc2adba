// The steps that make a host ready: packages, settings and the agent, as far as they are missing. Computed by a login that only looks.
import {ConflictError, UnsupportedError, printable} from '../../base/index.ts'
import {packagedAgentPath} from '../../host/ssh/agent-command.ts'
import type {Context, Step} from '../../tasks/index.ts'
import {probeHost, type HostProbe} from '../agent-bundle.ts'
import type {ContextHost} from '../contexts.ts'
import {isNewEnough, noNode} from '../node-version.ts'
import {connectorOf} from './chosen-hosts.ts'

export interface AgentWishes {
  readonly setup: boolean
  /** The host may be worked with by the agent of its Debian package. */
  readonly mayTakePackaged: boolean
  /** `corral host add h1 …`, for what to do next. */
  readonly command: string
}

export interface AgentPlan {
  readonly steps: readonly Step[]
  /** The host with the path of the agent that is worked with. */
  readonly target: ContextHost
}

/**
 * A Debian package's agent is left to the package: it is worked with where it has our version and no other agent is there, and never replaced.
 * @throws ConflictError when the agent of the package was chosen and is none of our version; NotFoundError when the host has no Node.js and nothing may be installed, or none that would do; what connecting throws */
export async function planAgent(target: ContextHost, wishes: AgentWishes, context: Context): Promise<AgentPlan> {
  const connector = await connectorOf(context)
  const bundle = await connector.agentBundle()
  const connection = await connector.openLogin(target, context.signal)
  let found: HostProbe
  try {
    found = await probeHost(connection, target.name, target.agent, bundle, context.signal)
  } finally {
    connection.close()
  }
  const {missingPackages: packages, missingIdRanges: ranges, hasNode, nodeVersion, offeredNode, hasApt, isAgentWhole, newerAgent, hasAgent, packagedAgent} = found
  const isOfferedTooOld = offeredNode !== '' && !isNewEnough(offeredNode)
  if (!hasNode && (!wishes.setup || isOfferedTooOld)) throw noNode({host: target.name, command: wishes.command, found: nodeVersion, offered: offeredNode})
  if (wishes.setup && packages.length > 0 && !hasApt) throw new UnsupportedError(`${target.name} has no apt-get; install there by hand: ${packages.join(', ')}`)
  const {version, files} = bundle
  const isOfPackage = target.agent === packagedAgentPath || (wishes.mayTakePackaged && !hasAgent && packagedAgent === version)
  if (isOfPackage && packagedAgent !== version && newerAgent === undefined) throw otherPackage(target, packagedAgent, version)
  // Others work with it. Whether this installation understands it, its greeting tells.
  if (newerAgent !== undefined) context.log.warn(`${target.name} has the agent ${newerAgent}, which is newer than this Corral (${version}); it stays`)
  const steps = [
    ...(wishes.setup && packages.length > 0 ? [{do: {kind: 'host.install-packages', target, packages, command: wishes.command}}] : []),
    ...(wishes.setup && ranges.length > 0 ? [{do: {kind: 'host.add-id-ranges', target, ranges}}] : []),
    ...(isAgentWhole || isOfPackage || newerAgent !== undefined ? [] : [{do: {kind: 'host.install-agent', target, version, files: files.map(({path, sha256}) => ({path, sha256}))}}]),
  ]
  return {steps, target: isOfPackage ? {...target, agent: packagedAgentPath} : target}
}

function otherPackage({name, ssh}: ContextHost, found: string, wanted: string): ConflictError {
  const what = found === '' ? 'no package of Corral any more' : `Corral ${printable(found)} as a package`
  return new ConflictError(`${name} has ${what}, and its agent was to be that of the package, version ${wanted}`, {
    nextSteps: [`Install the package of version ${wanted} there`, `Or give it an agent of its own: corral host remove ${name} && corral host add ${name} ${ssh}`],
  })
}
