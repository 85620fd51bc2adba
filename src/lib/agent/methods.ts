// What a client may ask of this host. Every answer comes from the same handlers as on the command line, in the same framework. A client
// that cancels stops what it asked for; one that is gone stops what only looks, and harms no change and no task.
import {CancelledError, InvalidInputError, UnsupportedError, parseUpid} from '../base/index.ts'
import type {AgentHello, LogLine, Method} from '../host/protocol/index.ts'
import {isObject, protocolVersion, wrongCall} from '../host/protocol/index.ts'
import type {Catalog, Context, Log, OpenContext} from '../tasks/index.ts'
import {checkTaskKey, findTask, followTask, runHandler} from '../tasks/index.ts'
import {findParam} from '../spec/index.ts'
import type {Params} from '../spec/index.ts'
import {checkInvocation} from './invocation.ts'

export interface MethodParts {
  readonly version: string
  readonly catalog: () => Promise<Catalog>
  /** A context on this host; who opens it closes it. */
  readonly openContext: (wishes: {log: Log; signal: AbortSignal}) => Promise<OpenContext>
}

export interface AgentMethods {
  readonly methods: Readonly<Record<string, Method>>
  /** Resolves when no change is under way. */
  readonly settled: () => Promise<void>
}

/** Log lines that wait for a client to read them; what is more is left out. */
const maxWaitingLines = 1000
const progressIntervalMs = 100

export function agentMethods(parts: MethodParts): AgentMethods {
  const underWay = new Set<Promise<unknown>>()
  /** What must come to its end even when the client is gone. */
  const toTheEnd = async <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work)
    try {
      return await work
    } finally {
      underWay.delete(work)
    }
  }
  const silent: Log = {info: () => undefined, warn: () => undefined, progress: () => undefined}
  const withContext = async <T>(wishes: {log?: Log; signal: AbortSignal}, work: (context: Context) => Promise<T>): Promise<T> => {
    const {context, close} = await parts.openContext({log: wishes.log ?? silent, signal: wishes.signal})
    try {
      return await work(context)
    } finally {
      await close()
    }
  }
  const methods: Record<string, Method> = {
    hello: (_params, {signal}) => withContext({signal}, async ({node, caller, places}): Promise<AgentHello> => ({
      protocol: protocolVersion, version: parts.version, node, user: caller.user, isRoot: caller.isRoot,
      places: {stateDir: places.stateDir, runDir: places.runDir, logDir: places.logDir}, keepsTaskKeys: true,
    })),

    run: async (given, call) => {
      const {entry, spec, params, dryRun} = await checkInvocation('run', given, await parts.catalog())
      if (spec.kind === 'interactive' && !dryRun) throw new UnsupportedError(`${spec.id} needs a terminal; it is not run like this`)
      if (spec.kind === 'task' && !dryRun) throw new UnsupportedError(`${spec.id} is a task; it is started, not run`)
      refuseOwnStreams(spec.params, params)
      const {handler} = await entry.handler()
      const log = forwardedLog((line) => call.emit(line))
      if (spec.kind === 'read' || dryRun) return withContext({log, signal: call.signal}, (context) => runHandler(handler, params, context, {dryRun}))
      return toTheEnd(withContext({log, signal: onlyCancelled(call.signal)}, (context) => runHandler(handler, params, context)))
    },

    startTask: async (given, call) => {
      const {spec, params, dryRun} = await checkInvocation('startTask', given, await parts.catalog())
      if (spec.kind !== 'task' || dryRun) throw new UnsupportedError(`${spec.id} is ${dryRun ? 'not started for a dry run' : 'no task'}`)
      refuseOwnStreams(spec.params, params)
      const key = isObject(given) && given['key'] !== undefined ? checkTaskKey(given['key']) : undefined
      return toTheEnd(withContext({signal: onlyCancelled(call.signal)}, (context) => context.startTask(spec.id, params, key)))
    },

    followTask: (given, call) => withContext({signal: call.signal}, async (context) => {
      const {upid, fromByte} = taskPlace(given)
      await findTask(upid, context)
      let lines: unknown[] = []
      const flush = async (offset?: number) => {
        if (lines.length === 0) return
        const event = {lines, ...(offset === undefined ? {} : {offset})}
        lines = []
        await call.emit(event)
      }
      const end = await followTask(upid, context, {
        line: (text) => lines.push(text), progress: (progress) => lines.push(progress), offset: flush,
      }, {signal: call.signal, fromByte})
      await flush()
      return end
    }),

    stopTask: (given, call) => withContext({signal: call.signal}, async (context) => {
      const {upid} = taskPlace(given)
      await findTask(upid, context)
      return (await import('../tasks/stop-task.ts')).askToStop(parseUpid(upid), context)
    }),

    prepareTerminal: async (given, call) => {
      const {spec, params, dryRun, environment} = await checkInvocation('prepareTerminal', given, await parts.catalog())
      if (spec.kind !== 'interactive' || dryRun) throw new UnsupportedError(`${spec.id} needs no terminal`)
      const {leaveInvocation} = await import('./terminal-tokens.ts')
      return withContext({signal: call.signal}, async (context) => ({token: await leaveInvocation({command: spec.id, params, environment}, context)}))
    },

    attendTerminal: async (given, call) => {
      const token = terminalToken('attendTerminal', given)
      const {attendTerminal} = await import('./attend-terminal.ts')
      await toTheEnd(withContext({signal: call.signal}, (context) => attendTerminal(token, context)))
      return null
    },

    terminalEnd: async (given, call) => {
      const token = terminalToken('terminalEnd', given)
      const {awaitEnd} = await import('./terminal-tokens.ts')
      await withContext({signal: call.signal}, (context) => awaitEnd(token, context))
      return null
    },

    names: async (_given, call) => {
      const {readNames} = await import('../completion/index.ts')
      return withContext({signal: call.signal}, (context) => readNames(context))
    },

    facts: async (_given, call) => {
      const {checkHost} = await import('./host-check.ts')
      return withContext({signal: call.signal}, (context) => checkHost(context, parts.version))
    },
  }
  return {methods, settled: async () => { while (underWay.size > 0) await Promise.allSettled(underWay) }}
}

/** Fires when the client asks for it, and not when it is only gone: what was begun is brought to its end. */
function onlyCancelled(signal: AbortSignal): AbortSignal {
  const controller = new AbortController()
  const pass = () => { if (signal.reason instanceof CancelledError) controller.abort() }
  if (signal.aborted) pass()
  else signal.addEventListener('abort', pass, {once: true})
  return controller.signal
}

/** A log whose lines go to the client, as far as it takes them; what a task would only write into its log is not sent. */
function forwardedLog(emit: (line: LogLine) => Promise<void>): Log {
  let waiting = 0
  let lastProgressMs = -Infinity
  const send = (line: LogLine) => {
    if (waiting >= maxWaitingLines) return
    waiting++
    void emit(line).catch(() => undefined).finally(() => { waiting-- })
  }
  return {
    info: () => undefined,
    warn: (text) => send({level: 'warn', text}),
    notice: (text) => send({level: 'notice', text}),
    progress: (done, total, what, unit) => {
      const now = performance.now()
      if (done < total && now - lastProgressMs < progressIntervalMs) return
      lastProgressMs = now
      send({level: 'progress', what, done, total, ...(unit === undefined ? {} : {unit})})
    },
  }
}

/** @throws AppError */
function terminalToken(method: string, given: unknown): string {
  const token = isObject(given) ? given['token'] : undefined
  if (typeof token === 'string' && token.length <= 256) return token
  throw wrongCall(method, 'a token is needed')
}

/** @throws InvalidInputError */
function taskPlace(given: unknown): {upid: string; fromByte: number} {
  if (!isObject(given) || typeof given['upid'] !== 'string') throw wrongCall('a method of tasks', 'the id of the task is needed')
  const fromByte = given['fromByte'] ?? 0
  if (typeof fromByte !== 'number' || !Number.isSafeInteger(fromByte) || fromByte < 0) {
    throw new InvalidInputError('a task is followed from a byte of its log', {fromByte: 'must be a whole number from 0 on'})
  }
  return {upid: given['upid'], fromByte}
}

/** On this host the standard streams are those of the connection: whoever read or wrote them would take its frames. @throws InvalidInputError naming the option */
function refuseOwnStreams(known: Params, given: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(given)) {
    const schema = findParam(known, name)?.schema
    if (schema === undefined || !('isPath' in schema) || schema.isPath !== true || typeof value !== 'string') continue
    if (!/^\/+(?:dev\/+(?:std(?:in|out|err)$|fd\/)|proc\/+(?:self|thread-self|\d+)\/+fd\/)/.test(value)) continue
    throw new InvalidInputError(`'${name}' has to be a file of the host: ${value.slice(0, 40)} stays on the machine where it is typed`, {[name]: 'is no file of the host'}, {
      nextSteps: ['Copy it to the host first, and name it as it is called there.'],
    })
  }
}
