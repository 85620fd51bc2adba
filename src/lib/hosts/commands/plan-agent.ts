// The steps that make a host ready: packages and the agent, as far as they are missing. Computed by a login that only looks.
import {NotFoundError, UnsupportedError} from '../../base/index.ts'
import type {Context, Step} from '../../tasks/index.ts'
import {probeHost, type HostProbe} from '../agent-bundle.ts'
import type {ContextHost} from '../contexts.ts'
import {connectorOf} from './chosen-hosts.ts'

export interface AgentWishes {
  readonly setup: boolean
  /** `corral host add h1 …`, for what to do next. */
  readonly command: string
}

/** @throws NotFoundError when the host has no Node.js and nothing may be installed; what connecting throws */
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
  const {missingPackages, nodeVersion, hasApt, isAgentWhole} = found
  if (nodeVersion === undefined && !wishes.setup) {
    throw new NotFoundError(`${target.name} has no Node.js 20.19 or later, which the agent needs`, {
      nextSteps: [`Let it be installed: ${wishes.command} --setup`, 'Or on the host: apt-get install nodejs'],
    })
  }
  if (wishes.setup && missingPackages.length > 0 && !hasApt) throw new UnsupportedError(`${target.name} has no apt-get; install there by hand: ${missingPackages.join(', ')}`)
  const {version, files} = bundle
  return [
    ...(wishes.setup && missingPackages.length > 0 ? [{do: {kind: 'host.install-packages', target, packages: missingPackages}}] : []),
    ...(isAgentWhole ? [] : [{do: {kind: 'host.install-agent', target, version, files: files.map(({path, sha256}) => ({path, sha256}))}}]),
  ]
}
