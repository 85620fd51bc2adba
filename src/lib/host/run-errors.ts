// The sentences for every way in which a program can fail to do its work.
import type {AppError} from '../base/index.ts'
import {CancelledError, InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../base/index.ts'
import {basename} from 'node:path'
import {maskedArgv, maskedText} from './argv.ts'

const stderrTailChars = 4096
/** mount(8) ends with it, and says before what went wrong. */
const saysNothing = /^dmesg\(1\) may have more information/

export interface Ending {
  exitCode: number | null
  signal: string | undefined
  stderr: string
}

/** The program could not be started at all. */
export function startError(error: unknown, host: string, argv: readonly string[], cwd: string | undefined, secretArgs?: readonly number[]): AppError {
  const program = argv[0] ?? ''
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return new NotFoundError(
        `the program ${program} was not found on ${host}${cwd === undefined ? '' : `, or the folder ${cwd} does not exist`}`,
        {cause: withoutArguments(error), nextSteps: [`Install the Debian package that holds ${program} (apt-file search ${program}).`]},
      )
    case 'E2BIG':
      return new InvalidInputError(`the arguments of ${program} are longer than the kernel allows`, {}, {cause: withoutArguments(error)})
    default: {
      const code = (error as NodeJS.ErrnoException).code
      return new ToolError(`${program} could not be started on ${host}${code === undefined ? '' : ` (${code})`}`, {
        host, argv: maskedArgv(argv, secretArgs), exitCode: null, stderr: '',
      })
    }
  }
}

/** Node's own error carries every argument in clear (`spawnargs`), and whoever prints the object prints them. */
function withoutArguments(error: unknown): unknown {
  return error instanceof Error && 'spawnargs' in error ? Object.assign(new Error(error.message), {code: (error as NodeJS.ErrnoException).code}) : error
}

/** It ran and ended with a code that is no answer, or by a signal. */
export function endingError(ending: Ending, host: string, argv: readonly string[], secretArgs?: readonly number[]): ToolError {
  const stderr = maskedText(ending.stderr.slice(-stderrTailChars), argv, secretArgs)
  const how = ending.signal === undefined ? `failed with exit code ${ending.exitCode ?? 'unknown'}` : `was ended by ${ending.signal}`
  const lastLine = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !saysNothing.test(line)).at(-1) ?? ''
  return new ToolError(`${basename(argv[0] ?? '')} ${how}${lastLine === '' ? '' : `: ${lastLine}`}`, {
    host, argv: maskedArgv(argv, secretArgs), exitCode: ending.exitCode, stderr,
    ...(ending.signal === undefined ? {} : {signal: ending.signal}),
  })
}

/** It did not end in time and was killed. */
export function timeoutError(timeoutMs: number, host: string, argv: readonly string[], stderr: string, secretArgs?: readonly number[]): UnavailableError {
  return new UnavailableError(`${basename(argv[0] ?? '')} did not end within ${timeoutMs / 1000} s and was stopped`, {
    data: {host, argv: maskedArgv(argv, secretArgs), timeoutMs, stderr: maskedText(stderr.slice(-stderrTailChars), argv, secretArgs)},
  })
}

export function cancelledError(argv: readonly string[]): CancelledError {
  return new CancelledError(`${basename(argv[0] ?? '')} was stopped because the operation was cancelled`)
}
