// Which of several hosts has the guest or the task that a command is about. The hosts do not know each other, so each is asked; two that have
// the same guest are refused, and one that does not answer might be the second.
import {InvalidInputError, NotFoundError, UnavailableError, errorKind, parseUpid} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import type {CommandSpec} from '../../spec/index.ts'
import {askHosts, type HostAnswer} from '../../hosts/fan-out.ts'
import {withinTime} from '../../hosts/within-time.ts'
import type {Reader} from './host-links.ts'

/** A host that does not tell its guests in this time is taken for one that is down. */
export const guestsLimitMs = 30_000
/** More than a host can have; what is beyond is not looked at. */
const maxGuests = 100_000

export interface Guest {
  readonly vmid: number
  readonly name?: string
}

export interface OwnerQuestion {
  /** The word that the user gave: a VMID or a name. */
  readonly word: string
  readonly spec: CommandSpec
  readonly hosts: readonly ContextHost[]
  readonly reader: (host: ContextHost) => Promise<Reader>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly warn: (message: string) => void
}

export interface Owner {
  readonly host: ContextHost
  readonly vmid: number
}

/**
 * @throws NotFoundError when none has it; InvalidInputError when several have it, naming the hosts; UnavailableError when it was found nowhere
 *   or is to be changed while a host is silent
 */
export async function findOwner(question: OwnerQuestion): Promise<Owner> {
  const {word, spec, hosts, warn} = question
  const answers = await askHosts(hosts, (host) => guestsOf(host, question))
  const found = answers.flatMap(({host, answer = []}) => answer.filter((guest) => isMeant(guest, word)).map(({vmid}) => ({host, vmid})))
  const silent = answers.filter((answer) => answer.error !== undefined)
  const [owner] = found
  if (owner === undefined) throw nowhere(question, silent)
  if (found.length > 1) throw severalHave(word, found)
  const [firstSilent] = silent
  if (firstSilent === undefined) return owner
  const names = silent.map(({host}) => host.name).join(', ')
  if (spec.kind !== 'read') {
    throw new UnavailableError(`${owner.host.name} has the guest ${word}, but ${names} could not be asked whether it has one as well`, {
      cause: firstSilent.error, nextSteps: [`Name the host that is meant: ${spec.id} ${word} … --on ${owner.host.name}`],
    })
  }
  for (const {host, error} of silent) warn(`${host.name} was not asked: ${sentence(error)}`)
  return owner
}

/** The host whose task this is, by the node in its id. @throws InvalidInputError (no task id), NotFoundError */
export function ownerOfTask(upid: string, hosts: readonly ContextHost[]): ContextHost {
  const {node} = parseUpid(upid)
  const [owner, other] = hosts.filter((host) => (host.node ?? host.name) === node)
  if (owner === undefined) {
    throw new NotFoundError(`the task ran on node ${node}, and no host here is called that`, {nextSteps: [`Name the host: --on ${hosts[0]?.name ?? 'HOST'}`]})
  }
  if (other !== undefined) throw severalHave(node, [owner, other].map((host) => ({host})), 'node')
  return owner
}

async function guestsOf(host: ContextHost, {reader, clock, signal}: OwnerQuestion): Promise<Guest[]> {
  const agent = await reader(host)
  return withinTime((limited) => listGuests(agent, limited), {clock, signal, limitMs: guestsLimitMs, what: (seconds) => `${host.name} did not tell its guests within ${seconds} s`})
}

/** The guests of a host, as far as it tells them properly. */
export async function listGuests(agent: Reader, signal: AbortSignal): Promise<Guest[]> {
  const outcome = await agent.run({command: 'qm list', params: {}, dryRun: false, isRead: true}, {onLog: () => undefined}, signal)
  const rows = outcome.outcome === 'done' && Array.isArray(outcome.result) ? (outcome.result as unknown[]).slice(0, maxGuests) : []
  return rows.flatMap((row) => {
    const {vmid, name} = (row ?? {}) as Readonly<Record<string, unknown>>
    return typeof vmid === 'number' && Number.isSafeInteger(vmid) ? [{vmid, ...(typeof name === 'string' ? {name} : {})}] : []
  })
}

function isMeant({vmid, name}: Guest, word: string): boolean {
  return /^\d+$/.test(word) ? vmid === Number(word) : name === word
}

function severalHave(word: string, found: readonly {readonly host: ContextHost; readonly vmid?: number}[], what = 'guest'): InvalidInputError {
  const places = found.map(({host, vmid}) => (vmid === undefined || String(vmid) === word ? host.name : `${vmid} on ${host.name}`))
  return new InvalidInputError(`there are several ${what}s ${word}: ${places.join(', ')}`, {}, {
    nextSteps: [found.every(({host}) => host === found[0]?.host) ? 'Give the number of the one that is meant.' : `Name the host that is meant: --on ${found[0]?.host.name ?? ''}`],
  })
}

function nowhere({word, hosts}: OwnerQuestion, silent: readonly HostAnswer<ContextHost, unknown>[]): Error {
  const asked = hosts.filter((host) => !silent.some((answer) => answer.host === host)).map(({name}) => name)
  const [first] = silent
  if (first === undefined) return new NotFoundError(`there is no guest ${word} on ${asked.join(', ')}`, {nextSteps: ['`qm list` shows those that exist.']})
  const names = silent.map(({host}) => host.name).join(', ')
  const sentenceOfAll = asked.length === 0 ? `${names} could not be asked for the guest ${word}` : `there is no guest ${word} on ${asked.join(', ')}, and ${names} could not be asked`
  return new UnavailableError(sentenceOfAll, {cause: first.error, nextSteps: [`Try again, or look what is wrong: corral host check ${first.host.name}`]})
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : errorKind(error)
}
