// The steps that make a host ready: packages, settings and the agent, as far as they are missing. Computed by a login that only looks.
import {UnsupportedError} from '../../base/index.ts'
import type {Context, Step} from '../../tasks/index.ts'
import {probeHost, type HostProbe} from '../agent-bundle.ts'
import type {ContextHost} from '../contexts.ts'
import {isNewEnough, noNode} from '../node-version.ts'
import {connectorOf} from './chosen-hosts.ts'

export interface AgentWishes {
  readonly setup: boolean
  /** `corral host add h1 …`, for what to do next. */
  readonly command: string
}

/** @throws NotFoundError when the host has no Node.js and nothing may be installed, or none that would do; what connecting throws */
export async function planAgent(target: ContextHost, wishes: AgentWishes, context: Context): Promise<Step[]> {
  const connector = await connectorOf(context)
  const bundle = await connector.agentBundle()
  const connection = await connector.openLogin(target, context.signal)
  let found: HostProbe
  try {
    found = await probeHost(connection, target.name, target.agent, bundle, context.signal)
  } finally {
    connection.close()
  }
  const {missingPackages: packages, missingIdRanges: ranges, hasNode, nodeVersion, offeredNode, hasApt, isAgentWhole, newerAgent} = found
  const isOfferedTooOld = offeredNode !== '' && !isNewEnough(offeredNode)
  if (!hasNode && (!wishes.setup || isOfferedTooOld)) throw noNode({host: target.name, command: wishes.command, found: nodeVersion, offered: offeredNode})
  if (wishes.setup && packages.length > 0 && !hasApt) throw new UnsupportedError(`${target.name} has no apt-get; install there by hand: ${packages.join(', ')}`)
  const {version, files} = bundle
  // Others work with it. Whether this installation understands it, its greeting tells.
  if (newerAgent !== undefined) context.log.warn(`${target.name} has the agent ${newerAgent}, which is newer than this Corral (${version}); it stays`)
  return [
    ...(wishes.setup && packages.length > 0 ? [{do: {kind: 'host.install-packages', target, packages, command: wishes.command}}] : []),
    ...(wishes.setup && ranges.length > 0 ? [{do: {kind: 'host.add-id-ranges', target, ranges}}] : []),
    ...(isAgentWhole || newerAgent !== undefined ? [] : [{do: {kind: 'host.install-agent', target, version, files: files.map(({path, sha256}) => ({path, sha256}))}}]),
  ]
}
