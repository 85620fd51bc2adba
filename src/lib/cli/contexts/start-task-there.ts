// Starts a task on a host, once. Whether a request arrived whose answer was lost cannot be known, so every request has a key of its own: asked
// again with the same one, the host starts what it has not started yet, or tells the id of what it has.
import {randomBytes} from 'node:crypto'
import {UnavailableError, UnsupportedError, errorKind} from '../../base/index.ts'
import type {AppError, Clock} from '../../base/index.ts'
import type {AgentClient, RemoteInvocation} from '../../host/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import type {CommandLog} from '../command-log.ts'
import {connectedAgain, reconnectLimitMs} from './connect-again.ts'
import type {HostLinks} from './host-links.ts'

export interface TaskPlace {
  readonly agent: AgentClient
  readonly host: ContextHost
  readonly links: HostLinks
  readonly clock: Clock
}

export interface StartedTask {
  readonly upid: string
  /** The connection on which its id came. */
  readonly agent: AgentClient
}

/**
 * @param interrupted fires when the user wants to stop: the id is waited for all the same, because the task is stopped by it
 * @throws UnavailableError when it stays unknown whether the task began; what the host refuses
 */
export async function startTaskThere(remote: RemoteInvocation, {agent, host, links, clock}: TaskPlace, log: CommandLog, interrupted: AbortSignal): Promise<StartedTask> {
  const start = {...remote, key: randomBytes(16).toString('hex')}
  const whatever = new AbortController().signal
  const giveUpAtMs = clock.monotonicMs() + reconnectLimitMs
  const lost = {host, links, clock, giveUpAtMs, interrupted, givenUp: (cause: unknown) => notKnown(host, cause)}
  let client = agent
  let isAgain = false
  for (;;) {
    try {
      if (isAgain) await assertKeepsKeys(client, host)
      return {upid: await client.startTask(start, whatever), agent: client}
    } catch (error) {
      if (errorKind(error) !== 'unavailable') throw error
      if (clock.monotonicMs() >= giveUpAtMs) throw notKnown(host, error)
      log.notice(`The connection to ${host.name} was lost before it told the id of the task. Connecting again to ask for it.`)
      client = await connectedAgain(lost, error)
      isAgain = true
    }
  }
}

/** An older agent would start the task a second time. @throws AppError */
async function assertKeepsKeys(client: AgentClient, {name}: ContextHost): Promise<void> {
  if ((await client.hello()).keepsTaskKeys) return
  throw new UnsupportedError(`whether ${name} started the task is not known, and its agent is too old to be asked again`, {
    nextSteps: [`Look whether it runs: pvenode task list --source all --on ${name}`, `Update the agent: corral host update ${name}`],
  })
}

function notKnown({name}: ContextHost, cause: unknown): AppError {
  return new UnavailableError(`whether ${name} started the task is not known`, {
    cause, nextSteps: [`Look whether it runs: pvenode task list --source all --on ${name}`],
  })
}
