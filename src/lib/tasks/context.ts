// What a handler is given. It needs nothing else: no globals, no environment, no printing.
import type {Clock, ErrorKind, Places} from '../base/index.ts'
import type {Host, HostConnector} from '../host/index.ts'
import type {Fence, Store} from '../store/index.ts'
import type {CommandSpec, ParamsOf, Params} from '../spec/index.ts'
import type {DoctorCheck} from './doctor-check.ts'
import type {LockWanted} from './held-locks.ts'
import type {ActionKind, Plan} from './plan.ts'

export interface Caller {
  /** `root@pam`; from uid 0, or the owner of a private installation (CORRAL_ROOT). */
  readonly user: string
  readonly isRoot: boolean
}

export interface Log {
  /** A line of the task log; for short commands, a line on stderr when it is a warning. */
  info(message: string): void
  warn(message: string): void
  /** Something to be seen now that is nobody's fault (waiting for a lock); a warning where this is absent, but never counted as one. */
  notice?(message: string): void
  /** Progress of long work: shown in place on a terminal, thinned out in a log. The same `what` from its beginning to its end (done = total). */
  progress(done: number, total: number, what: string, unit?: 'bytes'): void
}

/** The caller's terminal, for interactive commands only. */
export interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

export interface Context {
  /** The name of this node, as in the store's paths. */
  readonly node: string
  readonly host: Host
  readonly store: Store
  readonly clock: Clock
  readonly places: Places
  readonly caller: Caller
  readonly log: Log
  readonly signal: AbortSignal
  /** Fences of the locks held, to be named in every commit of a change. */
  readonly fences: readonly Fence[]
  /** Fires when one of those locks was lost: nothing may be changed any more, not even undone. */
  readonly locksLost?: AbortSignal
  readonly terminal?: Terminal
  /** What the caller's environment says, for the variables that the spec names (`environment`) and no others. */
  readonly environment?: Readonly<Record<string, string>>
  /**
   * What was typed at a prompt or came on standard input, by the parameters of the spec that say so (`fromInput`). Beside the parameters, so that
   * no plan, journal or error holds it.
   */
  readonly inputs?: Readonly<Record<string, string>>
  /** How other hosts are reached; only on the user's machine, for commands that run there. */
  readonly connector?: () => Promise<HostConnector>
  /** Finds what an action kind does; loads the domain's module. @throws NotFoundError for an unknown kind */
  readonly actionKind: (kind: string) => Promise<ActionKind>
  /** Starts another command as a task of its own (reboot after cleanup); gives its UPID. Once for a key, however often it is asked. */
  readonly startTask: (commandId: string, params: Readonly<Record<string, unknown>>, key?: string) => Promise<string>
  /** Tells those who complete words that a task was started or has ended. Never fails. */
  readonly tasksChanged?: () => Promise<void>
  /** What the domains contribute to `corral doctor`. */
  readonly doctorChecks?: () => Promise<readonly DoctorCheck[]>
}

/** Looks and answers; changes nothing. */
export interface ReadHandler<P extends Params, R> {
  readonly handles: 'read' | 'interactive'
  readonly spec: CommandSpec<P>
  run(params: ParamsOf<CommandSpec<P>>, context: Context): Promise<R>
  /** The result as lines of text, where the spec's `output` cannot say it (`qm pending`). Pure; json and yaml show the result itself. */
  text?(result: R): readonly string[]
  /** Of a result in which something is missing: the kind of error that the caller is to be told beside it. */
  failure?(result: R): ErrorKind | undefined
}

/** Computes a plan under locks. The framework takes the locks in order, clears a dead worker's journal, plans, and carries out or prints. */
export interface ChangeHandler<P extends Params> {
  readonly handles: 'change'
  readonly spec: CommandSpec<P>
  /** Done before the locks are waited for, and not for a dry run: `qm stop --overrule-shutdown` ends the task that holds them. */
  beforeLocks?(params: ParamsOf<CommandSpec<P>>, context: Context): Promise<void>
  /**
   * Names of the locks (`guest/100`, `storage/local`), in any order: they are taken sorted by name; `sharedLock('guest/9000')` for what may
   * not change meanwhile, though others may look at it too. At least one must be exclusive: by it a dead operation is told from a live one.
   * Asked again once they are held; when it names more by then, they are taken anew.
   */
  locks(params: ParamsOf<CommandSpec<P>>, context: Context): readonly LockWanted[] | Promise<readonly LockWanted[]>
  /** Default 10,000. */
  lockTimeoutMs?: number | ((params: ParamsOf<CommandSpec<P>>, context: Context) => Promise<number>)
  plan(params: ParamsOf<CommandSpec<P>>, context: Context): Promise<Plan>
  /** The plan's result as lines of text, where the spec's `output` cannot say it. Pure. */
  text?(result: unknown): readonly string[]
}

/**
 * A handler whose parameter types were forgotten, as the catalog holds it. Whoever runs one gives it the parameters that its own
 * spec has checked (`params as never`), which is what checkParams returns.
 */
export type Handler = ErasedReadHandler | ChangingHandler

interface ErasedReadHandler {
  readonly handles: 'read' | 'interactive'
  readonly spec: CommandSpec
  run(params: never, context: Context): Promise<unknown>
  text?(result: never): readonly string[]
  failure?(result: never): ErrorKind | undefined
}

/** A ChangeHandler of any command. */
export interface ChangingHandler {
  readonly handles: 'change'
  readonly spec: CommandSpec
  beforeLocks?(params: never, context: Context): Promise<void>
  locks(params: never, context: Context): readonly LockWanted[] | Promise<readonly LockWanted[]>
  lockTimeoutMs?: number | ((params: never, context: Context) => Promise<number>)
  plan(params: never, context: Context): Promise<Plan>
  text?(result: unknown): readonly string[]
}

export function handleRead<P extends Params, R>(
  spec: CommandSpec<P>, run: ReadHandler<P, R>['run'], text?: ReadHandler<P, R>['text'], failure?: ReadHandler<P, R>['failure'],
): ReadHandler<P, R> {
  return {
    handles: spec.kind === 'interactive' ? 'interactive' : 'read', spec, run, ...(text === undefined ? {} : {text}), ...(failure === undefined ? {} : {failure}),
  }
}

export function handleChange<P extends Params>(spec: CommandSpec<P>, parts: Omit<ChangeHandler<P>, 'handles' | 'spec'>): ChangeHandler<P> {
  return {handles: 'change', spec, ...parts}
}
