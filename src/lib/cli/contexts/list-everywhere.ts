// A listing of several hosts as one, with a column that says whose each row is. A host that does not answer in time is a warning; what the
// others said is shown all the same.
import {AppError, UnavailableError, errorChain, errorKind, printable} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import type {CommandSpec, TextOutput} from '../../spec/index.ts'
import {commandLog} from '../command-log.ts'
import {exitCodes} from '../exit-codes.ts'
import {printResult} from '../print-result.ts'
import type {Invocation} from '../run-command.ts'
import type {Surroundings} from '../surroundings.ts'
import {askHosts, type HostAnswer} from '../../hosts/fan-out.ts'
import {withinTime} from '../../hosts/within-time.ts'
import type {Reader} from './host-links.ts'
import {checkedRows, showLogLine, wordsOf} from './remote-result.ts'

/** A listing that takes longer on a host (a storage that hangs) goes on without it. */
export const listLimitMs = 60_000

type Row = Readonly<Record<string, unknown>>

/** Whether the command's answer is a list, so that those of several hosts are one. */
export function isListing({kind, returns}: CommandSpec): boolean {
  return kind === 'read' && returns.type === 'array'
}

/**
 * @returns the exit code: 0, or that of the first host that could not answer
 * @throws the error of the first host when none answered
 */
export async function listEverywhere(
  invocation: Invocation, hosts: readonly ContextHost[], reader: (host: ContextHost) => Promise<Reader>, clock: Clock, surroundings: Surroundings,
): Promise<number> {
  const {spec, params, standard, entry} = invocation
  const log = commandLog(surroundings.streams.stderr)
  const {signal} = surroundings
  const answers = await askHosts(hosts, async (host) => {
    const agent = await reader(host)
    const what = (seconds: number) => `${host.name} did not answer within ${seconds} s`
    const ask = (limited: AbortSignal) => agent.run({command: spec.id, params, dryRun: false, isRead: true}, {onLog: (line) => showLogLine(line, log, `${host.name}: `)}, limited)
    const outcome = await withinTime(ask, {clock, signal, limitMs: listLimitMs, what})
    return checkedRows(outcome, spec, host.name).map((row): Row => ({...row, node: host.name}))
  })
  const failed = failures(answers)
  const [first] = failed
  if (first !== undefined && failed.length === hosts.length) throw failed.length === 1 ? first.error : nobodyAnswered(failed)
  for (const {host, error} of failed) log.warn(`${host.name}: ${errorChain(error).join(': ')}`)
  const rows = answers.flatMap(({answer = []}) => answer)
  const {handler} = await entry.handler()
  const words = wordsOf(handler, hosts.map(({name}) => name).join(', '))
  await printResult(rows, withNodeColumn(spec), standard, surroundings, words === undefined ? undefined : () => linesWithNode(rows, words, standard.noheader))
  return first === undefined ? 0 : exitCodes[errorKind((failed.find(({error}) => errorKind(error) === 'unavailable') ?? first).error)]
}

/** A storage that only some of the hosts have is no failure of the others. */
function failures(answers: readonly HostAnswer<ContextHost, Row[]>[]): {host: ContextHost; error: unknown}[] {
  const failed = answers.flatMap(({host, error}) => (error === undefined ? [] : [{host, error}]))
  const isFoundSomewhere = answers.some(({answer}) => answer !== undefined)
  return failed.filter(({error}) => !(isFoundSomewhere && errorKind(error) === 'not-found' && !isAboutTheAgent(error)))
}

function isAboutTheAgent(error: unknown): boolean {
  return error instanceof AppError && error.data['agent'] === 'missing'
}

function withNodeColumn(original: CommandSpec): CommandSpec {
  const {items, ...returns} = original.returns
  const node = {type: 'string', description: 'The host that it is on.'} as const
  const spec = {...original, returns: {...returns, ...(items === undefined ? {} : {items: {...items, properties: {...items.properties, node}}})}}
  if (spec.output.as !== 'table') return spec
  const output: TextOutput = {...spec.output, columns: [{key: 'node', header: 'NODE'}, ...spec.output.columns.filter(({key}) => key !== 'node')]}
  return {...spec, output}
}

/**
 * The lines of a command that words its table itself, with the host before each. Such a table may be in another order than its rows, so the
 * row of a line is found by what is in it, apart from the spaces that make columns.
 */
function linesWithNode(rows: readonly Row[], words: (rows: unknown) => readonly string[], noHeader: boolean): string[] {
  const [header = '', ...lines] = words(rows)
  const nodesByLine = new Map<string, string[]>()
  for (const row of rows) {
    const key = withoutSpaces(words([row]).slice(1).join(' '))
    nodesByLine.set(key, [...nodesByLine.get(key) ?? [], printable(String(row['node']))])
  }
  const nodes = lines.map((line) => nodesByLine.get(withoutSpaces(line))?.shift() ?? '?')
  const width = nodes.reduce((widest, node) => Math.max(widest, node.length), 'NODE'.length)
  return [...(noHeader ? [] : [`${'NODE'.padEnd(width)} ${header}`]), ...lines.map((line, index) => `${(nodes[index] ?? '').padEnd(width)} ${line}`)]
}

function withoutSpaces(line: string): string {
  return line.replace(/\s+/g, ' ').trim()
}

function nobodyAnswered(failed: readonly {readonly host: ContextHost; readonly error: unknown}[]): Error {
  const why = failed.map(({host, error}) => `${host.name}: ${errorChain(error).join(': ')}`)
  const kind = failed.some(({error}) => errorKind(error) === 'unavailable') ? 'unavailable' : errorKind(failed[0]?.error)
  const message = 'none of the hosts could answer'
  const cause = why.reduceRight<Error | undefined>((inner, sentence) => new Error(sentence, inner === undefined ? {} : {cause: inner}), undefined)
  const nextSteps = ['Look what is wrong: corral host check']
  return kind === 'unavailable' ? new UnavailableError(message, {cause, nextSteps}) : new AppError(kind, message, {cause, nextSteps})
}
