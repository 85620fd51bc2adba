// Where the command line writes, and what happens when nobody reads any more. Data goes to stdout, everything else to stderr.
import {UnavailableError} from '../base/index.ts'

/** A stream as the command line sees it; process.stdout and process.stderr are such, and so is a test's collector. */
export interface OutputStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

export interface Streams {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Shows a text that is taller than the terminal; false when that cannot be done and the text has to be written. Absent without a terminal. */
  readonly page?: (text: string) => Promise<boolean>
}

/** Writes a result to stdout, on a terminal through a pager when it is too tall for it. */
export async function writeOut(text: string, {stdout, page}: Streams): Promise<void> {
  if (text === '' || (page !== undefined && await page(text))) return
  stdout.write(text)
}

interface WatchedStreams extends Streams {
  /** Resolves when all that was written is out. @throws UnavailableError when stdout could not take it (a full disk) */
  finish(): Promise<void>
}

/**
 * The streams of this process. A reader that went away (`| head`) is no error: what is still to be written is dropped and the command
 * goes on to its own end, because a change that was begun must not be cut off by a pager. Any other failure of stdout is told.
 */
export function processStreams(): WatchedStreams {
  let failure: NodeJS.ErrnoException | undefined
  const {stdout, stderr} = process
  stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') failure ??= error })
  // There is nowhere left to tell about a failure of stderr.
  stderr.on('error', () => undefined)
  return {
    stdout,
    stderr,
    finish: async () => {
      // The callback of a last write comes when all before it are out, or have failed.
      if (!stdout.destroyed) await new Promise<void>((resolve) => stdout.write('', () => resolve()))
      if (failure !== undefined) throw new UnavailableError('the output could not be written', {cause: failure})
    },
  }
}
