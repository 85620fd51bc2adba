// A command as a task of its own, followed to its end within the task of a job.
import type {AppError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'

/**
 * Its log goes into ours.
 * @returns why it failed, if it did
 * @throws what keeps it from being started; CancelledError, which leaves it to itself
 */
export async function runToEnd(command: string, params: Readonly<Record<string, unknown>>, context: Context): Promise<AppError | undefined> {
  const {followTask, passProgress, taskError} = await import('../../tasks/index.ts')
  const upid = await context.startTask(command, params)
  const {log, signal} = context
  log.info(`${command}: ${upid}`)
  const end = await followTask(upid, context, {line: (line) => { log.info(line) }, progress: (progress) => { passProgress(progress, log) }}, {signal})
  return taskError(upid, end)
}

/** The words that somebody would type for it, for a dry run. */
export function wordsOf(command: string, params: Readonly<Record<string, unknown>>, positional: readonly string[]): string[] {
  const text = (value: unknown) => value === true ? '1' : value === false ? '0' : String(value)
  const first = positional.flatMap((name) => params[name] === undefined ? [] : text(params[name]).split(','))
  const options = Object.entries(params).filter(([name, value]) => !positional.includes(name) && value !== undefined)
    .flatMap(([name, value]) => (Array.isArray(value) ? value as readonly unknown[] : [value]).flatMap((each) => [`--${name}`, text(each)]))
  return [...command.split(' '), ...first, ...options]
}
