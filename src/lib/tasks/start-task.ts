// Starts a task: a worker process of its own that outlives us, told what to do through its standard input. It comes back when the worker
// has registered itself, so that its id is known to every other command.
import {randomBytes} from 'node:crypto'
import {AppError, NotFoundError, ToolError, UnavailableError, formatUpid, parseUpid, printable, upidWord} from '../base/index.ts'
import type {Upid} from '../base/index.ts'
import type {ProcessId} from '../host/index.ts'
import type {CommandSpec} from '../spec/index.ts'
import type {Catalog} from './catalog-entry.ts'
import type {Context} from './context.ts'
import {findFullDisk} from './full-disk.ts'
import {killSwitchVariables} from './kill-switch.ts'
import {readRefusal} from './refusal.ts'
import {checkCaller} from './run-command.ts'
import {logPath} from './task-files.ts'
import {taskOfKey} from './task-keys.ts'

const registrationLimitMs = 120_000
const registrationPollMs = 4
const maxStderrBytes = 64 * 1024

/** What a worker is told on its standard input. */
export interface WorkerOrder {
  readonly commandId: string
  readonly params: Readonly<Record<string, unknown>>
  readonly type: string
  readonly id: string
  readonly user: string
  /** Seconds since 1970-01-01 UTC, as in the task's id. */
  readonly starttime: number
  /** The file behind its standard error, which it removes once it is registered. */
  readonly stderrPath: string
  /** Under which it registers itself; absent where nobody would ask a second time. */
  readonly key?: string
}

export interface WorkerStart {
  readonly catalog: Catalog
  readonly workerArgv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Runs a command as a task.
 * @param params checked by the command's spec
 * @param key whoever asks with the same one again is given the same task (task-keys.ts); checked by the caller
 * @returns the task's id
 * @throws NotFoundError for an unknown command, ForbiddenError, ToolError when the worker cannot start, ConflictError for a key of another task
 */
export async function startTask(
  commandId: string, params: Readonly<Record<string, unknown>>, context: Context, start: WorkerStart, key?: string,
): Promise<string> {
  const entry = Object.hasOwn(start.catalog.commands, commandId) ? start.catalog.commands[commandId] : undefined
  if (entry === undefined) throw new NotFoundError(`there is no command '${commandId}'`)
  const {spec} = await entry.spec()
  checkCaller(spec, context.caller)
  const {host, places} = context
  await host.files.makeDirectory(places.runDir, 0o700)
  const stderrPath = `${places.runDir}/worker-${randomBytes(8).toString('hex')}.stderr`
  const order = {...orderFor(spec, params, stderrPath, context), ...(key === undefined ? {} : {key})}
  const before = await startedBefore(order, context)
  if (before !== undefined) return before
  try {
    const worker = await host.spawnDetached(workerCommand(start), {input: JSON.stringify(order), cwd: '/', stderrPath})
    const upid = formatUpid(upidOf(order, worker, context.node))
    await registered(upid, worker, stderrPath, context)
    return upid
  } catch (error) {
    // Of two that begin at once the slower worker ends without a trace, and its task is the other one's.
    const faster = await startedBefore(order, context)
    if (faster === undefined) throw error
    return faster
  } finally {
    // Of a worker that never came so far.
    await host.files.remove(stderrPath)
  }
}

/** The task that was started with the same key. */
async function startedBefore({key, ...order}: WorkerOrder, context: Context): Promise<string | undefined> {
  const upid = key === undefined ? undefined : await taskOfKey(key, order, context)
  if (upid === undefined) return undefined
  const {pid, pstart} = parseUpid(upid)
  await registered(upid, {pid, startTime: String(pstart)}, undefined, context)
  return upid
}

/** The id of the task that this process works on. */
export function upidOf(order: Pick<WorkerOrder, 'type' | 'id' | 'user' | 'starttime'>, worker: ProcessId, node: string): Upid {
  const {type, id, user, starttime} = order
  return {node, pid: worker.pid, pstart: Number(worker.startTime), starttime, type, id, user}
}

function orderFor(spec: CommandSpec, params: Readonly<Record<string, unknown>>, stderrPath: string, {caller, clock}: Context): WorkerOrder {
  if (spec.task === undefined) throw new AppError('internal', `${spec.id} is not a task`)
  const object = spec.task.id === undefined ? undefined : params[spec.task.id]
  const id = typeof object === 'string' || typeof object === 'number' ? upidWord(String(object)) : ''
  const [type = spec.task.type] = Object.entries(spec.task.typeWith ?? {}).flatMap(([flag, typeOfFlag]) => (params[flag] === true ? [typeOfFlag] : []))
  return {commandId: spec.id, params, type, id, user: upidWord(caller.user), starttime: Math.floor(clock.now() / 1000), stderrPath}
}

/**
 * env(1) clears the environment: what a user's shell carries (proxies, tokens, LD_PRELOAD) has no place in a process that stays.
 * It replaces itself by the worker, so number and start time of the process stay the same.
 */
function workerCommand({workerArgv, env}: WorkerStart): string[] {
  const kept = ['CORRAL_ROOT', 'CORRAL_NODE', 'PATH', 'TZ', 'NODE_COMPILE_CACHE', ...killSwitchVariables].flatMap((name) => {
    const value = env[name]
    return value === undefined || value === '' ? [] : [`${name}=${value}`]
  })
  return ['/usr/bin/env', '-i', 'LC_ALL=C', ...kept, ...workerArgv]
}

/** @param stderrPath of a worker that we started ourselves */
async function registered(upid: string, worker: ProcessId, stderrPath: string | undefined, {host, places, clock}: Context): Promise<void> {
  const deadlineMs = clock.monotonicMs() + registrationLimitMs
  const path = logPath(places, upid)
  while (await host.files.stat(path) === undefined) {
    const isAlive = (await host.process(worker.pid))?.startTime === worker.startTime
    // It may have registered, done its work and ended between the two looks.
    if (!isAlive && await host.files.stat(path) === undefined) throw await neverRegistered(stderrPath, {host, places})
    if (clock.monotonicMs() > deadlineMs) {
      await host.kill(worker, 'SIGKILL')
      throw new UnavailableError(`the worker of the task did not start within ${registrationLimitMs / 1000} s`)
    }
    await clock.sleep(registrationPollMs)
  }
}

async function neverRegistered(stderrPath: string | undefined, {host, places}: Pick<Context, 'host' | 'places'>): Promise<AppError> {
  const stderr = stderrPath === undefined ? '' : (await host.files.readAt(stderrPath, 0, maxStderrBytes)).toString('utf8').trim()
  const refusal = readRefusal(stderr)
  if (refusal !== undefined) return refusal
  const full = stderr === '' ? await findFullDisk([places.runDir, places.logDir], host) : undefined
  const reason = full?.sentence ?? reasonIn(stderr)
  return new ToolError('the worker of the task ended before it began', {
    host: host.name, argv: ['corral worker'], exitCode: null, stderr, ...(reason === '' ? {} : {cause: new Error(reason)}),
    ...(full === undefined ? {} : {nextSteps: [full.nextStep]}),
  })
}

/** What the worker says of itself is one line; where Node.js ended it, the line that names the error is the one among its stack. */
function reasonIn(stderr: string): string {
  const lines = stderr.split('\n')
  return printable(lines.find((line) => /^(?:Uncaught )?\w*Error\b/.test(line)) ?? lines.at(-1) ?? '')
}
