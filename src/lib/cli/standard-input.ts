// Standard input of the process as something to be read from, up to a bound, and its terminal as somebody to be asked.
import {CancelledError, UnavailableError} from '../base/index.ts'

export interface StandardInput {
  readonly isTerminal: boolean
  /** Asks on the terminal without showing what is typed; undefined when the user gave up. */
  askSecret(question: string): Promise<string | undefined>
  /**
   * Reads to the end, or until `maxBytes` or the mark were read; what is beyond may be read too.
   * @throws CancelledError, UnavailableError when it does not come to an end
   */
  read(maxBytes: number, signal: AbortSignal, until?: string): Promise<Buffer>
}

/** A program that feeds us may be slow; one that never ends must not keep us for ever. */
const limitMs = 60 * 60_000

export function processInput(): StandardInput {
  const {stdin} = process
  return {
    isTerminal: stdin.isTTY === true,
    askSecret: async (question) => (await import('./ssh-prompt.ts')).terminalPrompt()?.askSecret(question),
    read: (maxBytes, signal, until) => readStream(stdin, maxBytes, signal, until),
  }
}

/** Pure but for the stream, which is left where it was. */
export function readStream(stream: NodeJS.ReadableStream & {destroy?(): void}, maxBytes: number, signal: AbortSignal, until?: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    const timer = setTimeout(() => { finish(new UnavailableError(`standard input did not come to its end within ${limitMs / 60_000} minutes`)) }, limitMs)
    const onAbort = () => { finish(new CancelledError()) }
    const onData = (chunk: Buffer | string) => {
      const bytes = Buffer.from(chunk)
      chunks.push(bytes)
      sizeBytes += bytes.length
      if (sizeBytes >= maxBytes || (until !== undefined && bytes.includes(until))) finish()
    }
    const onEnd = () => { finish() }
    const finish = (error?: unknown) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      stream.off('data', onData).off('end', onEnd).off('error', finish)
      // Else an open pipe would keep the process alive.
      stream.pause()
      stream.destroy?.()
      if (error === undefined) resolve(Buffer.concat(chunks))
      else reject(error instanceof Error ? error : new UnavailableError('standard input cannot be read'))
    }
    if (signal.aborted) { onAbort(); return }
    signal.addEventListener('abort', onAbort, {once: true})
    stream.on('data', onData).on('end', onEnd).on('error', finish)
  })
}
