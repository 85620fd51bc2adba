// Connecting to the agent of a host within a bounded time, whatever the host does.
import type {Clock} from '../base/index.ts'
import type {AgentConnection, HostConnector, HostTarget} from '../host/index.ts'
import {withinTime} from './within-time.ts'

/** Connecting, logging in and the agent's first answer, unless the user's patience is longer. The SSH transport has a shorter limit for its part. */
export const connectLimitMs = 20_000

/** @throws as HostConnector.openAgent; UnavailableError when it takes too long, without the time in which the user was asked */
export function openAgentWithin(host: HostTarget, {connector, clock, signal}: {connector: HostConnector; clock: Clock; signal: AbortSignal}): Promise<AgentConnection> {
  return withinTime((limited) => connector.openAgent(host, limited), {
    clock, signal, limitMs: connectLimitMs, what: (seconds) => `${host.name} (${host.ssh}) did not answer within ${seconds} s`,
    ...(connector.patienceMs === undefined ? {} : {longerMs: async () => connector.patienceMs?.(host)}),
    late: (connection) => connection.close(), ...(connector.questions === undefined ? {} : {questions: () => connector.questions?.() ?? 0}),
  })
}
