// What a client asks of the agent on a host, and in which form the answers come: the methods' names, their parameters and results, and
// checks of all that the host says. Both ends and the keeper take their types from here. It knows no command.
import {AppError, UnsupportedError, errorKinds, printable} from '../../base/index.ts'
import type {ErrorKind} from '../../base/index.ts'
import {protocolVersion, violation} from './frames.ts'
import {isObject} from './json-payload.ts'
import type {Peer} from './peer.ts'

/** A command with parameters that its spec has checked; the host checks them again. */
export interface RemoteInvocation {
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
  readonly dryRun: boolean
  /** The variables that the command's spec names, as they are set where it was typed. For interactive commands only. */
  readonly environment?: Readonly<Record<string, string>>
  /** That the command only looks: for a keeper, which knows no commands. The host does not believe it. */
  readonly isRead?: boolean
}

/** A command that is a task. */
export interface RemoteTaskStart extends RemoteInvocation {
  /** By which the host knows the request again: asked a second time with the same one, it gives the same task. 32 to 64 hexadecimal digits. */
  readonly key?: string
}

export interface AgentHello {
  readonly protocol: number
  readonly version: string
  readonly node: string
  /** `root@pam`, as who the agent works. */
  readonly user: string
  readonly isRoot: boolean
  readonly places: {readonly stateDir: string; readonly runDir: string; readonly logDir: string}
  /** It may be asked for a task again with the same key. */
  readonly keepsTaskKeys: boolean
}

/** A line of a command's log, safe to be printed, or its progress. */
export type LogLine =
  | {readonly level: 'info' | 'warn' | 'notice'; readonly text: string}
  | {readonly level: 'progress'; readonly what: string; readonly done: number; readonly total: number; readonly unit?: 'bytes'}

export type RemoteOutcome =
  | {readonly outcome: 'done'; readonly result: unknown}
  | {readonly outcome: 'planned'; readonly plan: unknown; readonly lines: readonly string[]}

/** How a task ended, as tasks/task-files.ts stores it. */
export interface RemoteTaskEnd {
  readonly status: string
  readonly errorKind?: ErrorKind
  readonly sentences?: readonly string[]
  readonly nextSteps?: readonly string[]
  readonly data?: Readonly<Record<string, unknown>>
  readonly result?: unknown
}

export interface TaskEvents {
  /** A line of the log, safe to be printed. */
  line(text: string): void
  progress?(progress: {readonly what: string; readonly percent: number; readonly bytes?: {readonly done: number; readonly total: number}}): void
  /** From here the task can be followed again without a line being lost or repeated. */
  offset?(byte: number): void
}

/** What a host can do, and what is wrong with it: `corral host check`. */
export interface HostCheck {
  readonly node: string
  /** Of the agent. */
  readonly version: string
  readonly user: string
  readonly isRoot: boolean
  /** `Debian GNU/Linux 13 (trixie)`. */
  readonly system: string
  readonly kernel: string
  readonly architecture: string
  readonly nodeVersion: string
  readonly cpus: number
  readonly memoryBytes: number
  /** Versions; null when it is not installed. */
  readonly qemu: string | null
  readonly lxc: string | null
  /** Whether guests run with the processor's help; if not, why. */
  readonly kvm: {readonly usable: boolean; readonly reason: string}
  readonly cgroups: 'v2' | 'hybrid' | 'v1' | 'none'
  /** Names of the programs for storages that are there. */
  readonly storageTools: readonly string[]
  readonly disk: {readonly path: string; readonly totalBytes: number; readonly availableBytes: number}
  /** Debian packages without which something does not work. */
  readonly missingPackages: readonly {readonly package: string; readonly neededFor: string}[]
  /** Settings without which something does not work. */
  readonly settings: readonly {readonly setting: string; readonly neededFor: string}[]
  /** What is wrong apart from missing packages, a sentence each. */
  readonly problems: readonly string[]
}

export interface AgentClient {
  /** @throws UnsupportedError for an agent of another version, with the command that updates it */
  hello(signal?: AbortSignal): Promise<AgentHello>
  /** Runs a read or change command, or plans any. @throws the command's AppError */
  run(invocation: RemoteInvocation, events: {onLog: (line: LogLine) => void}, signal: AbortSignal): Promise<RemoteOutcome>
  /** Starts a task and gives its UPID at once. Where the answer was lost, the same may be asked again of an agent that keeps keys. */
  startTask(start: RemoteTaskStart, signal: AbortSignal): Promise<string>
  /** Follows a task's log from a byte offset to the end of the task; can be repeated after a lost connection. */
  followTask(upid: string, fromByte: number, events: TaskEvents, signal: AbortSignal): Promise<RemoteTaskEnd>
  /** Asks a task to stop; false when it had ended. */
  stopTask(upid: string): Promise<boolean>
  /** Leaves an interactive command for a second channel with a pty; the token is good once and for a minute. */
  prepareTerminal(invocation: RemoteInvocation): Promise<{token: string}>
  /** Lasts as long as that command, which is ended when this is cancelled or the client is gone: it may hold a port that nobody else gets then. */
  attendTerminal(token: string, signal: AbortSignal): Promise<void>
  /** How the command on that second channel ended; waits for it for a moment. @throws its AppError */
  terminalEnd(token: string): Promise<void>
  facts(signal?: AbortSignal): Promise<HostCheck>
}

/** The methods of an agent, which a keeper passes on. */
export const agentMethodNames = ['hello', 'run', 'startTask', 'followTask', 'stopTask', 'prepareTerminal', 'attendTerminal', 'terminalEnd', 'facts'] as const

/** What an agent prints on its terminal when the echo is off: only then may the token be sent, with a line end. */
export const terminalReady = 'corral-terminal/1 ready\n'

/** A plain question is answered, or the host is not well. */
const defaultQuestionTimeoutMs = 30_000
/** Longer than the host waits for its worker (tasks/start-task.ts), which then says what is wrong. */
const startTimeoutMs = 150_000
/** A command that was asked to stop takes back what it did before it answers. */
const cancelGraceMs = 30_000

/**
 * @param name the host as the user knows it, for messages and for the commands they name
 * @param questionTimeoutMs for a plain answer
 */
export function agentClient(peer: Peer, name: string, questionTimeoutMs = defaultQuestionTimeoutMs): AgentClient {
  return {
    hello: async (signal) => {
      try {
        return helloOf(await peer.call('hello', {protocol: protocolVersion}, {timeoutMs: questionTimeoutMs, ...given(signal)}), name)
      } catch (error) {
        // Its greeting was of another version.
        const theirs = error instanceof UnsupportedError ? error.data['protocol'] : undefined
        throw typeof theirs === 'number' ? incompatibleAgent(name, theirs, error) : error
      }
    },
    run: async (invocation, {onLog}, signal) => outcomeOf(await peer.call('run', invocation, {
      signal, cancelGraceMs, onEvent: (event) => onLog(logLineOf(event)),
    })),
    startTask: async (start, signal) => textOf(await peer.call('startTask', start, {signal, timeoutMs: Math.max(startTimeoutMs, questionTimeoutMs)}), 'the id of the task'),
    followTask: async (upid, fromByte, events, signal) => taskEndOf(await peer.call('followTask', {upid, fromByte}, {
      signal, onEvent: (event) => giveTaskEvent(event, events),
    })),
    stopTask: async (upid) => await peer.call('stopTask', {upid}, {timeoutMs: questionTimeoutMs}) === true,
    prepareTerminal: async (invocation) => {
      const answer = await peer.call('prepareTerminal', invocation, {timeoutMs: questionTimeoutMs})
      return {token: textOf(isObject(answer) ? answer['token'] : undefined, 'the token of the terminal')}
    },
    attendTerminal: async (token, signal) => { await peer.call('attendTerminal', {token}, {signal}) },
    terminalEnd: async (token) => { await peer.call('terminalEnd', {token}, {timeoutMs: questionTimeoutMs}) },
    facts: async (signal) => hostCheckOf(await peer.call('facts', {}, {timeoutMs: questionTimeoutMs, ...given(signal)})),
  }
}

/** The refusal of an agent that does not fit: an older one is updated, a newer one may be in use by others. */
function incompatibleAgent(name: string, theirs: unknown, cause?: unknown): UnsupportedError {
  const isNewer = typeof theirs === 'number' && theirs > protocolVersion
  return new UnsupportedError(`the agent on ${name} is of ${isNewer ? 'a newer' : 'another'} version that this one does not understand`, {
    nextSteps: isNewer
      ? ['Update Corral on this machine', `Or, if nobody else needs the newer agent: corral host remove ${name}, then corral host add ${name} …`]
      : [`Update it: corral host update ${name}`],
    ...(cause === undefined ? {} : {cause}),
  })
}

function given(signal: AbortSignal | undefined): {signal?: AbortSignal} {
  return signal === undefined ? {} : {signal}
}

function helloOf(answer: unknown, name: string): AgentHello {
  if (!isObject(answer)) throw violation('its hello is no object')
  if (answer['protocol'] !== protocolVersion) throw incompatibleAgent(name, answer['protocol'])
  const places = isObject(answer['places']) ? answer['places'] : {}
  return {
    protocol: protocolVersion, version: textOf(answer['version'], 'its version'), node: textOf(answer['node'], 'the name of its node'),
    user: textOf(answer['user'], 'its user'), isRoot: answer['isRoot'] === true, keepsTaskKeys: answer['keepsTaskKeys'] === true,
    places: {
      stateDir: textOf(places['stateDir'], 'its folder'), runDir: textOf(places['runDir'], 'its folder'), logDir: textOf(places['logDir'], 'its folder'),
    },
  }
}

function outcomeOf(answer: unknown): RemoteOutcome {
  if (isObject(answer) && answer['outcome'] === 'done') return {outcome: 'done', result: answer['result']}
  if (isObject(answer) && answer['outcome'] === 'planned') return {outcome: 'planned', plan: answer['plan'], lines: linesOf(answer['lines'])}
  throw violation('it answered with no outcome')
}

function logLineOf(event: unknown): LogLine {
  if (!isObject(event)) throw violation('a line of its log is none')
  const {level, text, what, done, total, unit} = event
  if (level === 'progress' && typeof what === 'string' && typeof done === 'number' && typeof total === 'number') return {level, what: printable(what), done, total, ...(unit === 'bytes' ? {unit} : {})}
  if ((level === 'info' || level === 'warn' || level === 'notice') && typeof text === 'string') return {level, text: printable(text)}
  throw violation('a line of its log is none')
}

function bytesOf(value: unknown): {bytes?: {done: number; total: number}} {
  if (!isObject(value) || typeof value['done'] !== 'number' || typeof value['total'] !== 'number') return {}
  return {bytes: {done: value['done'], total: value['total']}}
}

function giveTaskEvent(event: unknown, events: TaskEvents): void {
  if (!isObject(event) || !Array.isArray(event['lines'])) throw violation('an event of a task has no lines')
  for (const item of event['lines'] as unknown[]) {
    if (typeof item === 'string') events.line(printable(item))
    else if (isObject(item) && typeof item['what'] === 'string' && typeof item['percent'] === 'number') {
      const progress = {what: printable(item['what']), percent: item['percent'], ...bytesOf(item['bytes'])}
      if (events.progress === undefined) events.line(`${progress.what}: ${progress.percent}%`)
      else events.progress(progress)
    } else throw violation('an event of a task has no lines')
  }
  const {offset} = event
  if (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0) events.offset?.(offset)
}

function taskEndOf(answer: unknown): RemoteTaskEnd {
  if (!isObject(answer) || typeof answer['status'] !== 'string') throw violation('the end of a task has no status')
  const {errorKind, data, result} = answer
  if (errorKind === undefined) return {status: printable(answer['status']), ...(result === undefined ? {} : {result})}
  return {
    status: printable(answer['status']), errorKind: errorKinds.find((kind) => kind === errorKind) ?? 'tool',
    sentences: linesOf(answer['sentences']), nextSteps: linesOf(answer['nextSteps']),
    ...(isObject(data) ? {data} : {}), ...(result === undefined ? {} : {result}),
  }
}

function linesOf(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).filter((line) => typeof line === 'string') : []
}

function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 4096) throw violation(`it did not say ${what}`)
  return printable(value)
}

function hostCheckOf(answer: unknown): HostCheck {
  if (!isObject(answer)) throw violation('its facts are no object')
  const text = (name: string) => typeof answer[name] === 'string' ? printable(answer[name]) : ''
  const number = (value: unknown) => typeof value === 'number' && Number.isFinite(value) ? value : 0
  const version = (name: string) => typeof answer[name] === 'string' ? printable(answer[name]) : null
  const kvm = isObject(answer['kvm']) ? answer['kvm'] : {}
  const disk = isObject(answer['disk']) ? answer['disk'] : {}
  const packages = Array.isArray(answer['missingPackages']) ? answer['missingPackages'] as unknown[] : []
  const cgroups = (['v2', 'hybrid', 'v1'] as const).find((known) => known === answer['cgroups']) ?? 'none'
  return {
    node: text('node'), version: text('version'), user: text('user'), isRoot: answer['isRoot'] === true, system: text('system'),
    kernel: text('kernel'), architecture: text('architecture'), nodeVersion: text('nodeVersion'), cpus: number(answer['cpus']),
    memoryBytes: number(answer['memoryBytes']), qemu: version('qemu'), lxc: version('lxc'),
    kvm: {usable: kvm['usable'] === true, reason: typeof kvm['reason'] === 'string' ? printable(kvm['reason']) : ''},
    cgroups, storageTools: linesOf(answer['storageTools']).map(printable),
    disk: {path: typeof disk['path'] === 'string' ? printable(disk['path']) : '', totalBytes: number(disk['totalBytes']), availableBytes: number(disk['availableBytes'])},
    // Names of packages go into a command line that the user may run: nothing but a package's name is let through.
    missingPackages: packages.flatMap((entry) => isObject(entry) && typeof entry['package'] === 'string' && /^[a-z0-9][a-z0-9+.-]+$/.test(entry['package'])
      ? [{package: entry['package'], neededFor: printable(typeof entry['neededFor'] === 'string' ? entry['neededFor'] : '')}] : []),
    settings: (Array.isArray(answer['settings']) ? answer['settings'] as unknown[] : []).flatMap((entry) => (isObject(entry) && typeof entry['setting'] === 'string'
      ? [{setting: printable(entry['setting']), neededFor: printable(typeof entry['neededFor'] === 'string' ? entry['neededFor'] : '')}] : [])),
    problems: linesOf(answer['problems']).map(printable),
  }
}

/** The error of a method that was called with what it does not take. */
export function wrongCall(method: string, reason: string): AppError {
  return new AppError('invalid-input', `${method} was called with something else than it takes: ${reason}`)
}
