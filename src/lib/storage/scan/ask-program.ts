// Asks a program of the host what there is to be used as a storage. What can go wrong is the same for all of them: the program is not
// installed, or what it asks does not answer. It knows neither the commands nor what the answers mean.
import {NotFoundError, UnavailableError} from '../../base/index.ts'
import type {RunOptions, RunResult} from '../../host/index.ts'
import type {Context} from '../../tasks/index.ts'

/** A server that is there answers within a second or two, a pool within some more while its disks wake up. */
const scanLimitMs = 30_000
/** Some ten thousand shares or pools. */
const maxAnswerBytes = 4 * 1024 * 1024

export interface Question {
  readonly argv: readonly string[]
  /** The Debian package that has the program. */
  readonly package: string
  /** Who is asked, for messages: `the NFS server nas1`. */
  readonly asked: string
  readonly options?: RunOptions
}

/**
 * The program's answer.
 * @throws UnavailableError when the program is not installed or does not end in time; ToolError when it fails
 */
export async function askProgram({argv, package: packageName, asked, options}: Question, {host, signal}: Pick<Context, 'host' | 'signal'>): Promise<RunResult> {
  const program = argv[0] ?? ''
  try {
    return await host.run(argv, {timeoutMs: scanLimitMs, maxOutputBytes: maxAnswerBytes, signal, ...options})
  } catch (error) {
    if (error instanceof NotFoundError) throw new UnavailableError(`${asked} cannot be asked: ${program} is not installed`, {cause: error, nextSteps: [`apt-get install ${packageName}`]})
    if (error instanceof UnavailableError) throw new UnavailableError(`${asked} does not answer`, {cause: error})
    throw error
  }
}

/** Lines with something in them. */
export function filledLines(text: string): string[] {
  return text.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '')
}
