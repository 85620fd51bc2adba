// Asks hosts what they can do. One that cannot be reached does not keep the others from being shown.
import {AppError, errorChain, errorKind} from '../../base/index.ts'
import type {HostCheck} from '../../host/index.ts'
import {handleRead, type Context} from '../../tasks/index.ts'
import type {ContextHost} from '../contexts.ts'
import {localName} from '../contexts-mode.ts'
import {chosenHosts, connectorOf} from './chosen-hosts.ts'
import {checkLines, type CheckedHost} from './host-check-text.ts'
import {spec} from './host-check.spec.ts'

/** This many hosts are asked at once. */
const parallel = 8
const answerLimitMs = 60_000

export const handler = handleRead(spec, async ({name, context: wanted}, context): Promise<CheckedHost[]> => {
  const {hosts} = await chosenHosts({context: wanted, name}, context)
  const remote = hosts.filter(({ssh}) => ssh !== localName)
  const checked: CheckedHost[] = []
  for (let start = 0; start < remote.length; start += parallel) {
    checked.push(...await Promise.all(remote.slice(start, start + parallel).map((host) => check(host, name !== undefined, context))))
  }
  return checked
}, checkLines)

async function check(host: ContextHost, mustAnswer: boolean, context: Context): Promise<CheckedHost> {
  const {name, ssh} = host
  try {
    return {name, ssh, ...await factsOf(host, context)}
  } catch (error) {
    if (mustAnswer || !(error instanceof AppError)) throw error
    return {name, ssh, error: errorChain(error).join(': '), kind: errorKind(error)}
  }
}

async function factsOf(host: ContextHost, context: Context): Promise<HostCheck> {
  const limited = AbortSignal.any([context.signal, AbortSignal.timeout(answerLimitMs)])
  const connection = await (await connectorOf(context)).openAgent(host, limited)
  try {
    return await connection.client.facts(limited)
  } finally {
    connection.close()
  }
}
