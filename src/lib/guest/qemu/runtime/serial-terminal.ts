// Joins the caller's terminal to a serial port of a guest, byte for byte, until a key, an end or a signal. It works on any pair of
// streams; raw mode is used where the input is a terminal, and put back whatever happens.
import type {Duplex} from 'node:stream'
import type {Clock} from '../../../base/index.ts'
import {CancelledError, InvalidInputError} from '../../../base/index.ts'
import type {Terminal} from '../../../tasks/index.ts'

/** Why it ended: the key was pressed, the guest closed the port, the input or the reader of the output was gone. */
export type TerminalEnding = 'key' | 'guest' | 'input' | 'output'

/** With input from a pipe that is at its end, the guest's answer is waited for until it has been silent for this long. */
const silenceMs = 1_000

/**
 * The byte of the key that leaves the terminal; undefined for none.
 * @param text `^O`, `0x0f`, `15`, `none`
 * @throws InvalidInputError
 */
export function escapeByte(text: string): number | undefined {
  if (text === 'none') return undefined
  const control = /^\^([@-_a-z])$/.exec(text)?.[1]
  const byte = control === undefined ? Number(/^(?:0x[0-9a-fA-F]{1,2}|\d{1,3})$/.test(text) ? text : Number.NaN) : control.toUpperCase().charCodeAt(0) & 0x1f
  if (Number.isInteger(byte) && byte >= 0 && byte <= 255) return byte
  throw new InvalidInputError(`'${text}' is not a key`, {escape: "must be like '^O', '0x1d' or 'none'"})
}

/** `Ctrl-O`, for people. */
export function escapeInWords(byte: number): string {
  return byte < 32 ? `Ctrl-${String.fromCharCode(byte + 64)}` : byte < 127 ? `'${String.fromCharCode(byte)}'` : `character ${byte}`
}

export interface JoinOptions {
  readonly stream: Duplex
  readonly terminal: Terminal
  readonly escapeKey: number | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** @throws CancelledError when the signal fires */
export async function joinTerminal({stream, terminal, escapeKey, clock, signal}: JoinOptions): Promise<TerminalEnding> {
  const {input, output} = terminal
  const isTerminal = input.isTTY === true
  if (isTerminal) input.setRawMode(true)
  const listeners: (() => void)[] = []
  const listen = (source: NodeJS.EventEmitter, event: string, listener: (...values: never[]) => void) => {
    source.on(event, listener as (...values: unknown[]) => void)
    listeners.push(() => source.off(event, listener as (...values: unknown[]) => void))
  }
  try {
    return await new Promise<TerminalEnding>((resolve, reject) => {
      let hasInput = false
      let lastOutputMs = clock.monotonicMs()
      const onAbort = () => reject(new CancelledError())
      if (signal.aborted) { onAbort(); return }
      signal.addEventListener('abort', onAbort, {once: true})
      listeners.push(() => signal.removeEventListener('abort', onAbort))

      listen(stream, 'data', (chunk: Buffer) => {
        lastOutputMs = clock.monotonicMs()
        if (!output.write(chunk)) stream.pause()
      })
      listen(output, 'drain', () => stream.resume())
      listen(output, 'error', () => resolve('output'))
      listen(output, 'close', () => resolve('output'))
      for (const event of ['end', 'close', 'error']) listen(stream, event, () => resolve('guest'))

      listen(input, 'data', (chunk: Buffer | string) => {
        hasInput = true
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
        const at = escapeKey === undefined ? -1 : bytes.indexOf(escapeKey)
        const forGuest = at === -1 ? bytes : bytes.subarray(0, at)
        if (forGuest.length > 0 && !stream.write(forGuest)) input.pause()
        if (at !== -1) resolve('key')
      })
      listen(stream, 'drain', () => input.resume())
      const onInputEnd = () => {
        if (!hasInput) return
        const whenSilent = () => {
          const leftMs = lastOutputMs + silenceMs - clock.monotonicMs()
          if (leftMs <= 0) { resolve('input'); return }
          const timer = setTimeout(whenSilent, leftMs)
          listeners.push(() => clearTimeout(timer))
        }
        lastOutputMs = clock.monotonicMs()
        whenSilent()
      }
      listen(input, 'end', onInputEnd)
      listen(input, 'error', onInputEnd)
      input.resume()
    })
  } finally {
    for (const remove of listeners) remove()
    // Late errors of streams that are of no interest any more.
    stream.on('error', () => undefined)
    stream.destroy()
    if (isTerminal) input.setRawMode(false)
    input.pause()
  }
}
