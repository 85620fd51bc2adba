// The errors that Corral throws on purpose. An error says one sentence about its own level and leaves the rest to its cause;
// it knows neither exit codes nor HTTP statuses (cli/ and api/ map the kind, each in one table).

export const errorKinds = [
  'internal', 'invalid-input', 'unauthenticated', 'forbidden', 'not-found', 'conflict', 'unsupported', 'unavailable', 'tool', 'cancelled',
] as const
export type ErrorKind = (typeof errorKinds)[number]

export interface ErrorDetails {
  /** What went wrong one level below. */
  cause?: unknown
  /** What the user can do now, one sentence or command each. */
  nextSteps?: readonly string[]
  /** Facts for programs (JSON output, tests); never secrets. */
  data?: Readonly<Record<string, unknown>>
}

/** The base of all errors that are not bugs. */
export class AppError extends Error {
  readonly kind: ErrorKind
  readonly nextSteps: readonly string[]
  readonly data: Readonly<Record<string, unknown>>

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : {cause: details.cause})
    this.name = new.target.name
    this.kind = kind
    this.nextSteps = details.nextSteps ?? []
    this.data = details.data ?? {}
  }
}

/** Input that the caller can correct. `fields` holds a reason for each parameter that is wrong. */
export class InvalidInputError extends AppError {
  readonly fields: Readonly<Record<string, string>>
  constructor(message: string, fields: Readonly<Record<string, string>> = {}, details: ErrorDetails = {}) {
    super('invalid-input', message, {...details, data: {...details.data, ...(Object.keys(fields).length > 0 ? {fields} : {})}})
    this.fields = fields
  }
}

/** Nobody is logged in, or the proof of identity was refused. */
export class UnauthenticatedError extends AppError {
  constructor(message: string, details?: ErrorDetails) { super('unauthenticated', message, details) }
}

/** The caller is known and may not do this. */
export class ForbiddenError extends AppError {
  constructor(message: string, details?: ErrorDetails) { super('forbidden', message, details) }
}

/** A guest, storage, volume, task or file that does not exist. */
export class NotFoundError extends AppError {
  constructor(message: string, details?: ErrorDetails) { super('not-found', message, details) }
}

/** The state of the object forbids it: locked, exists already, wrong state, digest changed. */
export class ConflictError extends AppError {
  constructor(message: string, details?: ErrorDetails) { super('conflict', message, details) }
}

/** Corral or the installed tools cannot do it; names the option or key. */
export class UnsupportedError extends AppError {
  constructor(message: string, details?: ErrorDetails) { super('unsupported', message, details) }
}

/** The retryable kind: a timeout, no quorum, a host that is down. */
export class UnavailableError extends AppError {
  constructor(message: string, details?: ErrorDetails) { super('unavailable', message, details) }
}

export interface ToolFailure extends ErrorDetails {
  host: string
  argv: readonly string[]
  /** null when it was ended by a signal. */
  exitCode: number | null
  signal?: string
  /** The end of what it wrote to stderr. */
  stderr: string
}

/** A program on the host failed. */
export class ToolError extends AppError {
  readonly failure: ToolFailure
  constructor(message: string, failure: ToolFailure) {
    const {host, argv, exitCode, stderr} = failure
    super('tool', message, {...failure, data: {...failure.data, host, argv, exitCode, stderr}})
    this.failure = failure
  }
}

/** A program that was run for the caller, on his own streams, ended with a code that is passed on: it has told itself what there was to tell. */
export class ProgramEndedError extends AppError {
  constructor(exitCode: number) { super('tool', `the command ended with exit code ${exitCode}`, {data: {passedExitCode: exitCode}}) }
}

/** The exit code that a program ended with, where that is all there is to tell. Also of an error that came from another host. */
export function passedExitCode(error: unknown): number | undefined {
  const code = error instanceof AppError && error.kind === 'tool' ? error.data['passedExitCode'] : undefined
  return typeof code === 'number' && Number.isInteger(code) && code > 0 && code < 256 ? code : undefined
}

/** The caller asked to stop. */
export class CancelledError extends AppError {
  constructor(message = 'the operation was cancelled', details?: ErrorDetails) { super('cancelled', message, details) }
}

/** The sentences of an error and its causes, outermost first, each sentence once. */
export function errorChain(error: unknown): string[] {
  const sentences: string[] = []
  let current: unknown = error
  for (let depth = 0; current !== undefined && current !== null && depth < 16; depth++) {
    const sentence = current instanceof Error ? current.message : typeof current === 'string' ? current : 'unknown failure'
    if (!sentences.includes(sentence)) sentences.push(sentence)
    current = current instanceof Error ? current.cause : undefined
  }
  return sentences
}

/** What can be done next, as the outermost error of the chain says that says anything. */
export function nextStepsOf(error: unknown): readonly string[] {
  let current = error
  for (let depth = 0; current instanceof Error && depth < 16; depth++) {
    if (current instanceof AppError && current.nextSteps.length > 0) return current.nextSteps
    current = current.cause
  }
  return []
}

/** The kind of an error; anything that is not an AppError is a bug of ours. */
export function errorKind(error: unknown): ErrorKind {
  return error instanceof AppError ? error.kind : 'internal'
}
