// Where an invocation runs: the one place that decides. Commands of this machine run in this process; others go to the agent of their host;
// listings of several hosts are asked of all of them, and a command about one object goes to the host that has it.
import {InvalidInputError, systemClock} from '../base/index.ts'
import type {ContextHost} from '../hosts/contexts.ts'
import {localName} from '../hosts/contexts-mode.ts'
import {checkParams} from '../spec/validate.ts'
import type {CommandSpec} from '../spec/index.ts'
import {commandLog} from './command-log.ts'
import type {ChosenHosts} from './contexts/choose-hosts.ts'
import {findOwner, ownerOfTask} from './contexts/find-owner.ts'
import {HostLinks} from './contexts/host-links.ts'
import {isListing, listEverywhere} from './contexts/list-everywhere.ts'
import {localReader} from './contexts/local-reader.ts'
import {runThere} from './contexts/run-there.ts'
import {hostConnector} from './host-connector.ts'
import {namedGuests} from './guest-numbers.ts'
import {runLocally, type Invocation} from './run-command.ts'
import type {Surroundings} from './surroundings.ts'

/**
 * Runs a command on the hosts that were chosen for it.
 * @param typed its parameters are not checked yet: names may stand where VMIDs are wanted
 * @returns the exit code
 * @throws AppError
 */
export async function runOnHosts(typed: Invocation, {context, hosts}: ChosenHosts, surroundings: Surroundings): Promise<number> {
  const {clock = systemClock, signal} = surroundings
  const [only, second] = hosts
  if (only?.ssh === localName && second === undefined) return runLocally(typed, surroundings)
  const connector = await hostConnector(surroundings)
  const links = new HostLinks({connector, clock, signal, localReader: () => localReader(surroundings)})
  const reader = (host: ContextHost) => links.reader(host)
  try {
    const {spec} = typed
    const names = namedGuests(spec, typed.params)
    // Before anybody is asked: most mistakes need no host to be found.
    if (names.length === 0) checkParams(spec.params, typed.params)
    const question = {spec, hosts, reader, clock, signal, warn: (message: string) => commandLog(surroundings.streams.stderr).warn(message)}
    if (only !== undefined && second === undefined) {
      const params = {...typed.params}
      for (const {arg, value} of names) params[arg] = (await findOwner({...question, word: value})).vmid
      return await runThere(checked(typed, params), only, links, clock, surroundings)
    }
    if (isListing(spec) && objectOf(spec) === undefined) {
      return await listEverywhere(checked(typed, typed.params), hosts, reader, clock, surroundings)
    }
    const {host, params} = await ownerOf(typed, context, question)
    if (host.ssh === localName) return await runLocally({...typed, params}, surroundings)
    return await runThere(checked(typed, params), host, links, clock, surroundings)
  } finally {
    links.close()
  }
}

function checked(typed: Invocation, params: Readonly<Record<string, unknown>>): Invocation {
  return {...typed, params: checkParams(typed.spec.params, params)}
}

/** Which parameter names the object that a command is about, when a host can be found by it. */
function objectOf({runsOn, args, params}: CommandSpec): {readonly arg: string; readonly is: 'guest' | 'task'} | undefined {
  for (const arg of args) {
    const source = params[arg]?.completion
    if (source === 'vmid' && runsOn === 'guest-node') return {arg, is: 'guest'}
    if (source === 'upid') return {arg, is: 'task'}
  }
  return undefined
}

type Question = Omit<Parameters<typeof findOwner>[0], 'word'>

async function ownerOf({spec, params}: Invocation, context: string, question: Question): Promise<{host: ContextHost; params: Readonly<Record<string, unknown>>}> {
  const object = objectOf(spec)
  const word = object === undefined ? undefined : params[object.arg]
  if (object === undefined || (typeof word !== 'string' && typeof word !== 'number')) throw needsHost(spec, context, question.hosts)
  if (object.is === 'task') return {host: ownerOfTask(String(word), question.hosts), params}
  const {host, vmid} = await findOwner({...question, word: String(word)})
  return {host, params: {...params, [object.arg]: vmid}}
}

function needsHost({id}: CommandSpec, context: string, hosts: readonly ContextHost[]): InvalidInputError {
  const names = hosts.map(({name}) => name)
  return new InvalidInputError(`'${id}' is for one host, and the context '${context}' has ${names.length}: ${names.join(', ')}`, {}, {
    nextSteps: [`Name the host: --on ${names[0] ?? 'HOST'}`],
  })
}
