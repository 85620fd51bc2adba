// The log of one guest's backup: what goes into the log of the task is kept as well, for the file beside the archive and for the mail.
import {printable} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import {renderTimestamp} from '../../spec/render.ts'
import type {Log} from '../../tasks/index.ts'

const maxBytes = 2 * 1024 * 1024

export interface GuestLog extends Log {
  /** A failure, which the caller is told in the end. */
  error(message: string): void
  /** All lines so far, each with its time. */
  readonly text: () => string
}

export function guestLog(outer: Log, clock: Pick<Clock, 'now'>): GuestLog {
  const kept: string[] = []
  let bytes = 0
  const keep = (level: string, message: string): void => {
    for (const line of message.split('\n')) {
      if (bytes > maxBytes) return
      const text = `${renderTimestamp(Math.floor(clock.now() / 1000))} ${level}: ${printable(line)}`
      bytes += Buffer.byteLength(text)
      kept.push(bytes > maxBytes ? 'The log is full; what comes until the end is left out.' : text)
    }
  }
  return {
    info: (message) => { keep('INFO', message); outer.info(message) },
    warn: (message) => { keep('WARN', message); outer.warn(message) },
    notice: (message) => { keep('INFO', message); (outer.notice ?? outer.warn).call(outer, message) },
    progress: (...told) => { outer.progress(...told) },
    error: (message) => { keep('ERROR', message); outer.info(message) },
    text: () => kept.map((line) => `${line}\n`).join(''),
  }
}
