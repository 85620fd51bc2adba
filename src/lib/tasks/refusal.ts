// What a worker says instead of beginning: that the object of its task is not there, or that its options contradict each other. Whoever started it reads
// this on its standard error and has the same error as if the command had run at once; no task was made, and nothing is left.
import {AppError, errorChain, nextStepsOf, printable, printableLines} from '../base/index.ts'
import type {ErrorKind} from '../base/index.ts'

interface Refusal {
  readonly kind: ErrorKind
  readonly sentences: readonly string[]
  readonly nextSteps: readonly string[]
  readonly data: Readonly<Record<string, unknown>>
}

const begin = '{"refused":'
/** The kinds of error that a worker may refuse with; of any other it makes a task that fails. */
const kinds: readonly ErrorKind[] = ['invalid-input', 'not-found']

/** Whether a task for this is not even begun. */
export function isRefusal(error: unknown): error is AppError {
  return error instanceof AppError && kinds.includes(error.kind)
}

export function refusalLine(error: AppError): string {
  const refused: Refusal = {kind: error.kind, sentences: errorChain(error), nextSteps: nextStepsOf(error), data: error.data}
  return `${JSON.stringify({refused})}\n`
}

/** The error in what a worker wrote to standard error; undefined when it is something else. */
export function readRefusal(stderr: string): AppError | undefined {
  const line = stderr.split('\n').find((each) => each.startsWith(begin))
  if (line === undefined) return undefined
  try {
    const {refused: {kind, sentences, nextSteps, data}} = JSON.parse(line) as {refused: Refusal}
    const [first, ...causes] = sentences.map(printableLines)
    if (first === undefined || !kinds.includes(kind)) return undefined
    const cause = causes.reduceRight<Error | undefined>((inner, sentence) => new Error(sentence, inner === undefined ? {} : {cause: inner}), undefined)
    return new AppError(kind, first, {...(cause === undefined ? {} : {cause}), nextSteps: nextSteps.map(printable), data})
  } catch {
    // A line that was cut short is one of a worker that died.
    return undefined
  }
}
