// An error as it is shown on stderr: its sentences cause by cause, each once, then what the user can do. With --output-format json an
// object that follows errorSchema, which is a promise to programs; the text is not.
import {AppError, errorChain, errorKind, nextStepsOf, passedExitCode, printable, printableLines} from '../base/index.ts'
import {exitCodes} from './exit-codes.ts'
import {jsonText} from './render/data.ts'

/** The shape of an error on stderr under `--output-format json`, `json-pretty` and `yaml`. */
export const errorSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'An error of Corral',
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['kind', 'exitCode', 'message', 'causes', 'nextSteps', 'data'],
      additionalProperties: false,
      properties: {
        kind: {type: 'string', enum: Object.keys(exitCodes), description: 'What kind of error it is.'},
        exitCode: {type: 'integer', description: 'The exit code that goes with the kind, or the one that the command documents.'},
        message: {type: 'string', description: 'One sentence.'},
        causes: {type: 'array', items: {type: 'string'}, description: 'The sentences of what lies below it, outermost first.'},
        nextSteps: {type: 'array', items: {type: 'string'}, description: 'What can be done now, a sentence or a command each.'},
        data: {type: 'object', description: 'Facts; `fields` has a reason for each parameter that is wrong.'},
      },
    },
  },
} as const

export interface ErrorReport {
  readonly kind: string
  readonly exitCode: number
  readonly message: string
  readonly causes: readonly string[]
  readonly nextSteps: readonly string[]
  readonly data: Readonly<Record<string, unknown>>
}

/** What is told about an error, on a terminal or to a program. */
export function errorReport(error: unknown): ErrorReport {
  const kind = errorKind(error)
  const [message = 'unknown failure', ...causes] = errorChain(error)
  return {kind, exitCode: passedExitCode(error) ?? exitCodes[kind], message, causes, nextSteps: stepsToPrint(error), data: error instanceof AppError ? error.data : {}}
}

/** A bug has a step of its own. */
function stepsToPrint(error: unknown): readonly string[] {
  const steps = nextStepsOf(error)
  if (steps.length > 0 || error instanceof AppError) return steps
  return ['This is a fault in Corral. Run it again with CORRAL_DEBUG=1 and report what it prints.']
}

/** The text for stderr, with a line end. `showStack` adds the place in the program, for bugs. */
export function errorText(error: unknown, isJson: boolean, showStack = false): string {
  // A program that ran on the caller's own streams has told what there is to tell.
  if (passedExitCode(error) !== undefined) return ''
  const report = errorReport(error)
  if (isJson) return `${jsonText({error: report}, false)}\n`
  const lines = [`Error: ${printableLines(report.message).replace(/\n/g, '\n       ')}`, ...report.causes.map((cause) => `  ${printableLines(cause).replace(/\n/g, '\n  ')}`)]
  if (report.nextSteps.length > 0) lines.push(...report.nextSteps.map((step, index) => `${index === 0 ? 'Next:' : '     '} ${printable(step)}`))
  if (showStack && error instanceof Error && error.stack !== undefined) lines.push(printableLines(error.stack))
  return lines.map((line) => `${line}\n`).join('')
}
