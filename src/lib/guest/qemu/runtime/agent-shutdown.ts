// Asks the agent inside a guest to shut it down. It is believed only as far as whether somebody answered.
import type {Host} from '../../../host/index.ts'
import {withAgent} from '../agent/client.ts'

/**
 * Sends guest-shutdown, which is not answered, once an agent has said that it is there.
 * @throws UnavailableError when no agent answers in time; CancelledError
 */
export async function askAgentToShutDown(socketPath: string, {host, signal}: {readonly host: Host; readonly signal: AbortSignal}): Promise<void> {
  await withAgent(host, socketPath, {signal}, (client) => client.tell('guest-shutdown', {mode: 'powerdown'}))
}
