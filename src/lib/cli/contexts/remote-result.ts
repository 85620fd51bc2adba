// What a host answered, looked at before anything is made of it: a host is not trusted to answer in the form of its command.
import {AppError, printable} from '../../base/index.ts'
import type {LogLine, RemoteOutcome} from '../../host/index.ts'
import type {CommandSpec} from '../../spec/index.ts'
import type {Action, Handler, Plan} from '../../tasks/index.ts'
import type {CommandLog} from '../command-log.ts'

/** More rows than anybody has; a host that sends more has gone wrong. */
const maxRows = 1_000_000

/** @throws AppError when the result has not the form in which the command's results are shown */
export function checkedResult(outcome: RemoteOutcome, {id, output}: CommandSpec, host: string): unknown {
  const result = outcome.outcome === 'done' ? outcome.result : undefined
  const isRight = output.as === 'table' ? result === undefined || result === null || isRows(result)
    : output.as === 'fields' ? result === undefined || result === null || isRecord(result)
      : true
  if (outcome.outcome !== 'done' || !isRight) throw strange(id, host)
  return result
}

/** @throws AppError when it is not a list of objects */
export function checkedRows(outcome: RemoteOutcome, {id}: CommandSpec, host: string): Readonly<Record<string, unknown>>[] {
  if (outcome.outcome === 'done' && isRows(outcome.result)) return outcome.result
  throw strange(id, host)
}

/** A plan to be printed. @throws AppError */
export function checkedPlan(outcome: RemoteOutcome, {id}: CommandSpec, host: string): {plan: Plan; lines: string[]} {
  if (outcome.outcome !== 'planned' || !isRecord(outcome.plan) || !Array.isArray(outcome.plan['steps']) || !Array.isArray(outcome.lines)) throw strange(id, host)
  const whenInterrupted = outcome.plan['whenInterrupted'] === 'finish' ? 'finish' : 'undo'
  const {afterwards} = outcome.plan
  return {plan: {steps: outcome.plan['steps'] as Plan['steps'], ...(Array.isArray(afterwards) ? {afterwards: afterwards as Action[]} : {}), whenInterrupted}, lines: outcome.lines.map(String)}
}

/**
 * The handler's own words for a result, where it has some.
 * @returns undefined when the spec's output says how it is shown
 */
export function wordsOf(handler: Handler, host: string): ((result: unknown) => readonly string[]) | undefined {
  if (handler.text === undefined) return undefined
  return (result) => {
    try {
      return handler.text?.(result as never) ?? []
    } catch (error) {
      // The words are made for results of the right form only.
      throw strange(handler.spec.id, host, error)
    }
  }
}

/** Shows what a command on a host says while it runs. */
export function showLogLine(line: LogLine, log: CommandLog, prefix = ''): void {
  switch (line.level) {
    case 'warn': return log.warn(`${prefix}${line.text}`)
    case 'notice': return log.notice(`${prefix}${line.text}`)
    case 'progress': return log.progress(line.done, line.total, `${prefix}${line.what}`, line.unit)
    case 'info': return log.info(`${prefix}${line.text}`)
  }
}

function isRows(value: unknown): value is Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.length <= maxRows && value.every(isRecord)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function strange(command: string, host: string, cause?: unknown): AppError {
  return new AppError('tool', `${printable(host)} answered '${command}' with something else than its result`, {
    ...(cause === undefined ? {} : {cause}), nextSteps: [`Bring its agent up to date: corral host update ${printable(host)}`],
  })
}
