// `corral-agent --stdio`: answers one client over standard input and output until it is gone, and ends when no change is under way.
import {openPeer} from '../host/protocol/index.ts'
import type {OpenContext} from '../tasks/index.ts'
import {localContext} from '../tasks/local-context.ts'
import {agentMethods} from './methods.ts'
import type {MethodParts} from './methods.ts'
import {takeStandardStreams} from './process-stream.ts'

/** A change that a lost client began has this long for its end. */
const settlingMs = 5 * 60_000

export interface AgentParts extends Pick<MethodParts, 'version' | 'catalog'> {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly workerArgv: readonly string[]
}

/** Ends the process. */
export async function answerStandardStreams(parts: AgentParts): Promise<void> {
  const stream = takeStandardStreams()
  // sshd hangs up on what it started when the client is gone; the end of our input says the same, and what is under way goes on.
  process.on('SIGHUP', () => undefined)
  const peer = openPeer(stream, {role: 'agent', name: 'the client'})
  process.on('SIGTERM', () => peer.close())
  const openContext = async (wishes: Parameters<MethodParts['openContext']>[0]): Promise<OpenContext> =>
    localContext({env: parts.env, catalog: await parts.catalog(), workerArgv: parts.workerArgv, ...wishes})
  const {methods, settled} = agentMethods({version: parts.version, catalog: parts.catalog, openContext})
  peer.handle(methods)
  await peer.closed
  const limit = setTimeout(() => process.exit(1), settlingMs)
  await settled()
  clearTimeout(limit)
  // What was said last is on its way out.
  if (!stream.destroyed) await new Promise<void>((resolve) => { stream.once('close', () => resolve()) })
  process.exit(0)
}
