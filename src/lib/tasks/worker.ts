// The program of a worker: one process that carries out one task and writes its log. Its entry file, which brings the catalog, is in cli/.
import {AppError, NotFoundError, errorChain, formatUpid, nextStepsOf, placesFromEnvironment, readOrder, systemClock} from '../base/index.ts'
import type {Places} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import type {Catalog} from './catalog-entry.ts'
import type {Context, Log} from './context.ts'
import {localContext, nodeName} from './local-context.ts'
import type {OpenContext} from './local-context.ts'
import {isRefusal, refusalLine} from './refusal.ts'
import {runHandler} from './run-command.ts'
import type {WorkerOrder} from './start-task.ts'
import {upidOf} from './start-task.ts'
import type {TaskEnd} from './task-files.ts'
import {activePath, endPath, endText, finalLine, logPath, tasksFolder, activeFolder} from './task-files.ts'
import {taskLog} from './task-log.ts'
import {claimKey, forgetOldKeys} from './task-keys.ts'
import type {TaskLog} from './task-log.ts'

const maxOrderBytes = 16 * 1024 * 1024
/** Whoever started us waits for the task to be registered; one whose object is slow to be found is registered all the same. */
const lookLimitMs = 3000

/** What the entry file brings. */
export interface WorkerParts {
  readonly loadCatalog: () => Promise<Catalog>
  /** For the tasks that this task starts. */
  readonly workerArgv: readonly string[]
}

interface RunningTask {
  readonly upid: string
  readonly host: Host
  readonly places: Places
  readonly log: TaskLog
}

/**
 * Reads the order on standard input, works, and ends the process with 0 or 1. SIGTERM and SIGINT ask the task to stop: it undoes what
 * it did. SIGHUP, of a terminal that went away, means nothing to it.
 */
export async function workerProgram(parts: WorkerParts): Promise<void> {
  const cancel = new AbortController()
  process.on('SIGTERM', () => cancel.abort())
  process.on('SIGINT', () => cancel.abort())
  process.on('SIGHUP', () => undefined)
  const order = await readOrder(process.stdin, maxOrderBytes) as WorkerOrder
  const ground = prepare(parts, cancel.signal)
  const patience = new AbortController()
  await Promise.race([refuseAtOnce(order, ground), systemClock.sleep(lookLimitMs, patience.signal).catch(() => undefined)])
  patience.abort()
  const task = await register(order).catch(giveUp)
  ground.log.begin(task.log)
  const endNow = (error: unknown) => { void finish(task, failure(error, task.log)).then(() => process.exit(1)) }
  process.on('uncaughtException', endNow)
  process.on('unhandledRejection', endNow)
  const end = await work(order, task, ground)
  // Whatever a handler left open (a socket, a timer) must not keep a finished task in the process table.
  process.exit(end.errorKind === undefined ? 0 : 1)
}

/** What a task works with; made once, and a failure to make it is the task's. */
interface Ground {
  readonly ready: () => Promise<{readonly catalog: Catalog; readonly opened: OpenContext}>
  readonly log: LateLog
}

function prepare({loadCatalog, workerArgv}: WorkerParts, signal: AbortSignal): Ground {
  const log = lateLog()
  const ready = (async () => {
    const catalog = await loadCatalog()
    return {catalog, opened: await localContext({env: process.env, catalog, workerArgv, log, signal})}
  })()
  ready.catch(() => undefined)
  return {ready: () => ready, log}
}

/**
 * A guest that is not there makes no task: what the task would lock is read from it, so that is asked for beforehand, and a handler that is asked says
 * what its options alone contradict. Whatever else is wrong fails the task, where it is written down.
 */
async function refuseAtOnce({commandId, params}: WorkerOrder, ground: Ground): Promise<void> {
  try {
    const {catalog, opened: {context}} = await ground.ready()
    const {handler} = await (Object.hasOwn(catalog.commands, commandId) ? catalog.commands[commandId] : undefined)?.handler() ?? {}
    if (handler?.handles === 'change') await handler.locks(params as never, context)
  } catch (error) {
    if (!isRefusal(error)) return
    process.stderr.write(refusalLine(error), () => process.exit(1))
    await new Promise(() => undefined)
  }
}

interface LateLog extends Log { begin(log: Log): void }

/** Of what is said before there is a log, nothing is kept: it is said again. */
function lateLog(): LateLog {
  let log: Log | undefined
  return {
    begin: (begun) => { log = begun },
    info: (message) => { log?.info(message) },
    warn: (message) => { log?.warn(message) },
    notice: (message) => { (log?.notice ?? log?.warn)?.call(log, message) },
    progress: (...told) => { log?.progress(...told) },
  }
}

/** Before there is a log, standard error is where whoever started us reads why there will be none. */
function giveUp(error: unknown): never {
  if (!(error instanceof AppError)) throw error
  process.stderr.write(`${errorChain(error).join(': ')}\n`)
  process.exit(1)
}

/** Makes the task visible: first its key, which only one can have, then that it is active, then its log, for which whoever started it waits. */
async function register(order: WorkerOrder): Promise<RunningTask> {
  const node = nodeName(process.env)
  const places = placesFromEnvironment(process.env)
  const {localHost} = await import('../host/local/index.ts')
  const host = localHost(node)
  const self = await host.process(process.pid)
  if (self === undefined) throw new AppError('internal', 'this process cannot be found in /proc')
  const upid = formatUpid(upidOf(order, self, node))
  const path = logPath(places, upid)
  await host.files.makeDirectory(places.logDir, 0o755)
  await host.files.makeDirectory(tasksFolder(places), 0o700)
  await host.files.makeDirectory(activeFolder(places), 0o700)
  await host.files.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o700)
  if (order.key !== undefined) await claimKey(order.key, order, upid, {host, places})
  await host.files.append(activePath(places, upid), '')
  await host.files.append(path, '')
  // Whoever started us may have been killed since, and would have removed it.
  await host.files.remove(order.stderrPath)
  return {upid, host, places, log: taskLog(path, host, systemClock)}
}

async function work(order: WorkerOrder, task: RunningTask, ground: Ground): Promise<TaskEnd> {
  const ended = new AbortController()
  let close = () => Promise.resolve()
  let archive: ((end: TaskEnd) => Promise<void>) | undefined
  let end: TaskEnd
  try {
    const {catalog, opened} = await ground.ready()
    close = () => opened.close()
    archive = async ({status}) => (await import('./task-index.ts')).archiveTask(task.upid, status, opened.context)
    tellLater(opened.context, ended.signal)
    end = await runOrder(order, catalog, opened.context, task.log)
    await opened.settle()
  } catch (error) {
    end = failure(error, task.log)
  }
  ended.abort()
  await finish(task, end)
  // From here on nobody waits for us.
  await archive?.(end).catch(() => undefined)
  if (order.key !== undefined) await forgetOldKeys(task, systemClock).catch(() => undefined)
  await close().catch(() => undefined)
  return end
}

/** A task is offered for completion once it has lasted a moment: nobody types the id of a shorter one, and it has better things to do. */
function tellLater({clock, tasksChanged}: Context, ended: AbortSignal): void {
  void clock.sleep(500, ended).then(() => tasksChanged?.(), () => undefined)
}

async function runOrder({commandId, params}: WorkerOrder, catalog: Catalog, context: Context, log: TaskLog): Promise<TaskEnd> {
  const entry = Object.hasOwn(catalog.commands, commandId) ? catalog.commands[commandId] : undefined
  if (entry === undefined) throw new NotFoundError(`there is no command '${commandId}'`)
  const {handler} = await entry.handler()
  const done = await runHandler(handler, params, context)
  const result = done.outcome === 'done' ? done.result : undefined
  const warnings = log.warnings()
  return {status: warnings > 0 ? `WARNINGS: ${warnings}` : 'OK', ...(result === undefined ? {} : {result})}
}

/** A bug keeps its stack, in the log; an error on purpose says all that there is to say in its sentences. */
function failure(error: unknown, log: TaskLog): TaskEnd {
  if (!(error instanceof AppError) && error instanceof Error) log.info(error.stack ?? error.message)
  const sentences = errorChain(error)
  const known = error instanceof AppError ? error : undefined
  return {
    status: sentences.join(': '), errorKind: known?.kind ?? 'internal', sentences, nextSteps: nextStepsOf(error),
    ...(known === undefined ? {} : {data: known.data}),
  }
}

async function finish({upid, host, places, log}: RunningTask, end: TaskEnd): Promise<void> {
  if (end.errorKind !== undefined || end.result !== undefined) {
    await host.files.write(endPath(places, upid), endText(end), {durable: false}).catch(() => undefined)
  }
  await log.end(finalLine(end))
}
