// Errors on their way to the other side and back into errors. What comes is checked and cut: the other side decides neither which of our
// classes is made nor how much memory it takes.
import {
  AppError, CancelledError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError, UnauthenticatedError, UnavailableError, UnsupportedError,
  errorChain, errorKind, errorKinds, nextStepsOf,
} from '../../base/index.ts'
import type {ErrorDetails, ErrorKind} from '../../base/index.ts'
import {isObject} from './json-payload.ts'

const maxSentence = 16 * 1024
const maxCauses = 16
const maxNextSteps = 16
const maxDataBytes = 256 * 1024

export interface ErrorPayload {
  readonly kind: ErrorKind
  readonly message: string
  readonly causes: readonly string[]
  readonly nextSteps: readonly string[]
  readonly data: Readonly<Record<string, unknown>>
  /** A reason for each parameter that is wrong. */
  readonly fields: Readonly<Record<string, string>>
}

/** What is told of an error; of a bug only its sentences. */
export function encodeError(error: unknown): ErrorPayload {
  const [message = 'unknown failure', ...causes] = errorChain(error).map(cut)
  return {
    kind: errorKind(error), message, causes: causes.slice(0, maxCauses),
    nextSteps: nextStepsOf(error).slice(0, maxNextSteps).map(cut),
    data: error instanceof AppError ? bounded(error.data) : {},
    fields: error instanceof InvalidInputError ? bounded(error.fields) as Record<string, string> : {},
  }
}

/** The error that the other side told of. A kind that we do not know, perhaps a newer version's, becomes `tool`, and its data is left out. */
export function decodeError(payload: unknown): AppError {
  if (!isObject(payload) || typeof payload['message'] !== 'string') return new AppError('internal', 'the other side failed and did not say how')
  const message = cut(payload['message'])
  const kind = errorKinds.find((known) => known === payload['kind'])
  const details = {
    nextSteps: sentences(payload['nextSteps'], maxNextSteps),
    ...causeOf(sentences(payload['causes'], maxCauses)),
  }
  if (kind === undefined) return new AppError('tool', message, details)
  return errorOf(kind, message, {...details, data: isObject(payload['data']) ? bounded(payload['data']) : {}}, fieldsOf(payload['fields']))
}

function errorOf(kind: ErrorKind, message: string, details: ErrorDetails, fields: Readonly<Record<string, string>>): AppError {
  switch (kind) {
    case 'invalid-input': return new InvalidInputError(message, fields, details)
    case 'unauthenticated': return new UnauthenticatedError(message, details)
    case 'forbidden': return new ForbiddenError(message, details)
    case 'not-found': return new NotFoundError(message, details)
    case 'conflict': return new ConflictError(message, details)
    case 'unsupported': return new UnsupportedError(message, details)
    case 'unavailable': return new UnavailableError(message, details)
    case 'cancelled': return new CancelledError(message, details)
    // What a ToolError knows beyond its sentences is in its data.
    case 'tool':
    case 'internal': return new AppError(kind, message, details)
  }
}

function causeOf(causes: readonly string[]): {cause?: Error} {
  const cause = causes.reduceRight<Error | undefined>((inner, sentence) => new Error(sentence, inner === undefined ? {} : {cause: inner}), undefined)
  return cause === undefined ? {} : {cause}
}

function sentences(value: unknown, most: number): string[] {
  return Array.isArray(value) ? (value as unknown[]).filter((item) => typeof item === 'string').slice(0, most).map(cut) : []
}

function fieldsOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).flatMap(([name, reason]) => typeof reason === 'string' ? [[cut(name), cut(reason)]] : []))
}

function cut(text: string): string {
  return text.length > maxSentence ? `${text.slice(0, maxSentence)} …` : text
}

/** Facts that cannot be written, or are too many, are left out: the sentences matter more. */
function bounded(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return Buffer.byteLength(JSON.stringify(data)) <= maxDataBytes ? data : {}
  } catch {
    return {}
  }
}
