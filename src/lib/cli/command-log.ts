// The log of a command that runs in this process: warnings are lines on stderr, progress is shown in place on a terminal, and what a
// task would write into its log is not shown.
import {printable} from '../base/index.ts'
import type {Log} from '../tasks/index.ts'
import type {OutputStream} from './streams.ts'

/** Clears the line of a terminal (ECMA-48 EL). */
const clearLine = '\r\u001b[K'

/** The log, and a way to write a line as it is. */
export interface CommandLog extends Log {
  notice(message: string): void
  /** @param text already safe to be printed */
  line(text: string): void
}

export function commandLog(stderr: OutputStream): CommandLog {
  let hasProgress = false
  const writeLine = (line: string) => {
    stderr.write(`${hasProgress ? clearLine : ''}${line}\n`)
    hasProgress = false
  }
  return {
    info: () => undefined,
    warn: (message) => writeLine(`Warning: ${printable(message)}`),
    notice: (message) => writeLine(printable(message)),
    line: writeLine,
    progress: (done, total, what) => {
      if (stderr.isTTY !== true) return
      const percent = total > 0 ? `${Math.floor((done / total) * 100)} %` : ''
      stderr.write(`${clearLine}${printable(what)} ${percent}`)
      hasProgress = done < total
      if (!hasProgress) stderr.write(clearLine)
    },
  }
}
