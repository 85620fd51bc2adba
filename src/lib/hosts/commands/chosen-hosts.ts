// The hosts that a command about hosts is about, as contexts.yaml has them.
import {NotFoundError} from '../../base/index.ts'
import type {HostConnector} from '../../host/index.ts'
import {UnsupportedError} from '../../base/index.ts'
import {didYouMean} from '../../spec/index.ts'
import type {Context} from '../../tasks/index.ts'
import {findContext, type ContextHost, type Contexts} from '../contexts.ts'
import {contextsPath, readContexts} from '../contexts-file.ts'

export interface ChosenHosts {
  readonly context: string
  readonly hosts: readonly ContextHost[]
}

interface Wish {
  readonly context?: string | undefined
  readonly name?: string | undefined
}

/** @throws NotFoundError for a context or a host that is not there */
export async function chosenHosts({context: wanted, name}: Wish, context: Pick<Context, 'places' | 'host'>): Promise<ChosenHosts> {
  const contexts = await readContexts(contextsPath(context.places), context.host.files)
  const contextName = wanted ?? contexts.current ?? contextOf(name, contexts)
  if (contextName === undefined) {
    throw new NotFoundError('there is no current context', {nextSteps: contexts.contexts.length === 0 ? ['Add a host first: corral host add NAME USER@HOST'] : ['Choose one: corral context use NAME']})
  }
  const {hosts} = findContext(contexts, contextName)
  if (name === undefined) return {context: contextName, hosts}
  const host = hosts.find((candidate) => candidate.name === name)
  if (host === undefined) {
    throw new NotFoundError(`the context '${contextName}' has no host '${name}'${didYouMean(name, hosts.map((other) => other.name))}`, {nextSteps: ['See what there is: corral host list']})
  }
  return {context: contextName, hosts: [host]}
}

/** Without a current context, a host that only one context has is meant. */
function contextOf(name: string | undefined, {contexts}: Contexts): string | undefined {
  const [found, other] = contexts.filter(({hosts}) => hosts.some((host) => host.name === name))
  return other === undefined ? found?.name : undefined
}

/** @throws UnsupportedError where other hosts cannot be reached from */
export async function connectorOf({connector}: Pick<Context, 'connector'>): Promise<HostConnector> {
  if (connector === undefined) throw new UnsupportedError('other hosts are reached from the machine of the user only')
  return connector()
}
