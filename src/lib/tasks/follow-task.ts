// Follows the log of a task while it is written, and says how the task ended. It reads what is on disk, so it can begin at any time,
// be left and be taken up again. It prints nothing.
import {AppError, NotFoundError, UnavailableError, parseUpid, printable, printableLines, taskStatusOfLine} from '../base/index.ts'
import type {Upid} from '../base/index.ts'
import type {Context} from './context.ts'
import {findFullDisk} from './full-disk.ts'
import type {TaskEnd} from './task-files.ts'
import {logPath, readEnd} from './task-files.ts'
import {isRunning} from './task-index.ts'
import type {Progress} from './task-log.ts'
import {progressOfLine} from './task-log.ts'

// `qm start` waits for this: the end is seen within one short interval. A task that lasts is looked at less often.
const pollMs = 10
const laterPollMs = 40
const isLongAfterMs = 5000
const chunkBytes = 256 * 1024

export interface TaskObserver {
  /** A line of the log, safe to be printed. */
  line(text: string): void
  /** A line that tells progress; given to `line` when this is absent. */
  progress?(progress: Progress): void
  /** What was given reaches to this byte of the log, so that it can be followed from there. The next lines wait for the promise. */
  offset?(byte: number): void | Promise<void>
}

export interface FollowOptions {
  /** Gives up after this long with UnavailableError; the task goes on. */
  readonly timeoutMs?: number
  /** Stops following; the task goes on. */
  readonly signal?: AbortSignal
  /** Begins at this byte, which `offset` gave; default 0. */
  readonly fromByte?: number
}

type Place = Pick<Context, 'host' | 'places' | 'clock' | 'node'>

/**
 * Gives every line of the log, from its beginning or `fromByte`, and comes back when the task has ended.
 * @throws InvalidInputError (no task id), NotFoundError (no such task here), UnavailableError (time is up), CancelledError
 */
export async function followTask(upid: string, context: Place, observer: TaskObserver, options: FollowOptions = {}): Promise<TaskEnd> {
  const task = await findTask(upid, context)
  const {clock} = context
  const startMs = clock.monotonicMs()
  const log = logReader(upid, context, options.fromByte ?? 0)
  for (;;) {
    // The order matters: what a process wrote before it was seen to be gone is found by the read that follows.
    const isAlive = await isRunning(task, context.host)
    const status = await log.read((line) => show(line, observer), (byte) => observer.offset?.(byte))
    if (status !== undefined) return endOf(upid, status, context)
    if (!isAlive) return endOf(upid, 'unexpected status', context)
    const elapsedMs = clock.monotonicMs() - startMs
    if (options.timeoutMs !== undefined && elapsedMs >= options.timeoutMs) throw stillRunning(upid, options.timeoutMs)
    await clock.sleep(elapsedMs > isLongAfterMs ? laterPollMs : pollMs, options.signal)
  }
}

/**
 * The parts of the id of a task that left a log on this node.
 * @throws InvalidInputError, NotFoundError
 */
export async function findTask(upid: string, {host, places, node}: Place): Promise<Upid> {
  const task = parseUpid(upid)
  if (task.node !== node) throw new NotFoundError(`the task ran on node ${task.node}, and this is ${node}`)
  if (await host.files.stat(logPath(places, upid)) === undefined) {
    throw new NotFoundError('there is no task with this id', {nextSteps: ['List the tasks: pvenode task list --source all']})
  }
  return task
}

/**
 * How a task that has ended did so.
 * @param status what its log says
 */
export async function endOf(upid: string, status: string, {host, places}: Pick<Place, 'host' | 'places'>): Promise<TaskEnd> {
  const stored = await readEnd(host, places, upid)
  if (stored !== undefined) return stored
  if (status === 'OK' || /^WARNINGS: \d+$/.test(status)) return {status}
  if (status === 'unexpected status') {
    const full = await findFullDisk([places.logDir], host)
    return {
      status, errorKind: 'tool',
      sentences: ['the worker of the task died before it could say how it ended', ...(full === undefined ? [] : [full.sentence])],
      nextSteps: [...(full === undefined ? [] : [full.nextStep]), 'Clear up what it left: corral doctor'],
    }
  }
  return {status, errorKind: 'tool', sentences: [status]}
}

/** The error of a task that failed, of the kind that the task stored; undefined when it succeeded. */
export function taskError(upid: string, {errorKind, status, sentences = [], nextSteps = [], data = {}}: TaskEnd): AppError | undefined {
  if (errorKind === undefined) return undefined
  const [first = status, ...causes] = sentences.map(printableLines)
  const cause = causes.reduceRight<Error | undefined>((inner, sentence) => new Error(sentence, inner === undefined ? {} : {cause: inner}), undefined)
  return new AppError(errorKind, first, {
    ...(cause === undefined ? {} : {cause}), data: {...data, upid},
    nextSteps: [...nextSteps.map(printable), `The log of the task: pvenode task log ${upid}`],
  })
}

function show(line: string, observer: TaskObserver): void {
  const text = printable(line)
  const progress = observer.progress === undefined ? undefined : progressOfLine(text)
  if (progress === undefined) observer.line(text)
  else observer.progress?.(progress)
}

/** The time is up for which somebody wanted to wait for a task. */
export class StillRunningError extends UnavailableError {}

function stillRunning(upid: string, timeoutMs: number): StillRunningError {
  return new StillRunningError(`the task was still running after ${timeoutMs / 1000} s`, {nextSteps: [`Wait again: corral task wait ${upid}`]})
}

/** Reads what was added to a log since the last time; gives the status when the final line has come. */
function logReader(upid: string, {host, places}: Place, fromByte: number) {
  const path = logPath(places, upid)
  let offset = fromByte
  // The beginning of a line whose end is not written yet; bytes, for a character may be cut as well.
  let unfinished = Buffer.alloc(0)
  const read = async (give: (line: string) => void, reached: (byte: number) => void | Promise<void>): Promise<string | undefined> => {
    for (;;) {
      const chunk = await host.files.readAt(path, offset, chunkBytes)
      if (chunk.length === 0) return undefined
      offset += chunk.length
      const bytes = Buffer.concat([unfinished, chunk])
      const end = bytes.lastIndexOf(0x0a) + 1
      unfinished = bytes.subarray(end)
      const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1)
      for (const line of lines) {
        // The writer indents what a program printed in this form, so this is the worker's own last word.
        const status = taskStatusOfLine(line)
        if (status !== undefined) return status
        give(line)
      }
      if (lines.length > 0) await reached(offset - unfinished.length)
    }
  }
  return {read}
}
