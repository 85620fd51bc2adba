// Asks hosts what they can do, several at once. One that cannot be reached does not keep the others from being shown.
import {AppError, errorChain, errorKind} from '../../base/index.ts'
import type {ErrorKind} from '../../base/index.ts'
import type {HostCheck} from '../../host/index.ts'
import {handleRead, type Context} from '../../tasks/index.ts'
import type {ContextHost} from '../contexts.ts'
import {localName} from '../contexts-mode.ts'
import {askHosts} from '../fan-out.ts'
import {openAgentWithin} from '../open-agent.ts'
import {withinTime} from '../within-time.ts'
import {chosenHosts, connectorOf} from './chosen-hosts.ts'
import {checkLines, type CheckedHost} from './host-check-text.ts'
import {spec} from './host-check.spec.ts'

/** Looking at itself takes a host less than a second. */
const factsLimitMs = 30_000

export const handler = handleRead(spec, async ({name, context: wanted}, context): Promise<CheckedHost[]> => {
  const {hosts} = await chosenHosts({context: wanted, name}, context)
  const remote = hosts.filter(({ssh}) => ssh !== localName)
  const answers = await askHosts(remote, (host) => factsOf(host, context))
  return answers.map(({host: {name: called, ssh}, answer, error}): CheckedHost => {
    if (answer !== undefined) return {name: called, ssh, ...answer}
    if (name !== undefined || !(error instanceof AppError)) throw error
    return {name: called, ssh, error: errorChain(error).join(': '), kind: errorKind(error)}
  })
}, checkLines, worstKind)

/** A host that may answer later counts before one that refuses. */
function worstKind(hosts: readonly CheckedHost[]): ErrorKind | undefined {
  const kinds = hosts.flatMap((host) => ('error' in host ? [host.kind] : []))
  return kinds.find((kind) => kind === 'unavailable') ?? kinds[0]
}

async function factsOf(host: ContextHost, context: Context): Promise<HostCheck> {
  const {clock, signal} = context
  const connection = await openAgentWithin(host, {connector: await connectorOf(context), clock, signal})
  try {
    const what = (seconds: number) => `${host.name} did not tell what it can do within ${seconds} s`
    return await withinTime((limited) => connection.client.facts(limited), {clock, signal, limitMs: factsLimitMs, what})
  } finally {
    connection.close()
  }
}
