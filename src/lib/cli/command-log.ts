// The log of a command that runs in this process: warnings are lines on stderr, progress is redrawn in place on a terminal and told now and
// then elsewhere, and what a task would write into its log is not shown.
import {printable} from '../base/index.ts'
import type {Log} from '../tasks/index.ts'
import {progressBar, progressSentence} from './render/progress.ts'
import {textStyle} from './render/style.ts'
import type {OutputStream} from './streams.ts'

/** Clears the line of a terminal (ECMA-48 EL). */
const clearLine = '\r\u001b[K'
/** More often nobody sees it. */
const redrawMs = 100
/** Whoever reads a file or a mail wants to know that it goes on, not how. Work that is through before says nothing. */
const sentenceMs = 5000

/** The log, and ways to write a line as it is and to leave the terminal as it was. */
export interface CommandLog extends Log {
  notice(message: string): void
  /** @param text already safe to be printed */
  line(text: string): void
  /** Takes what is shown in place off the terminal. */
  finish(): void
}

export interface CommandLogOptions {
  /** Decides about characters and width. Default: nothing is known. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Shows no progress. */
  readonly isQuiet?: boolean
  readonly nowMs?: () => number
}

interface Watched {
  readonly what: string
  readonly startMs: number
  readonly doneBefore: number
  /** When something was last shown of it; undefined: never. */
  shownMs: number | undefined
}

export function commandLog(stderr: OutputStream, {env = {}, isQuiet = false, nowMs = () => performance.now()}: CommandLogOptions = {}): CommandLog {
  const isTerminal = stderr.isTTY === true
  let isDrawn = false
  let watched: Watched | undefined
  const finish = () => {
    if (isDrawn) stderr.write(clearLine)
    isDrawn = false
  }
  const line = (text: string) => {
    finish()
    stderr.write(`${text}\n`)
  }
  return {
    info: () => undefined,
    warn: (message) => line(`Warning: ${printable(message)}`),
    notice: (message) => line(printable(message)),
    line,
    finish,
    progress: (done, total, what, unit) => {
      if (isQuiet) return
      const now = nowMs()
      watched = watched?.what === what ? watched : {what, startMs: now, doneBefore: done, shownMs: undefined}
      const isThrough = total > 0 && done >= total
      const waitsMs = isTerminal ? redrawMs : sentenceMs
      const isDue = now - (watched.shownMs ?? (isTerminal ? -Infinity : watched.startMs)) >= waitsMs
      const state = {what: printable(what), done, total, unit, elapsedMs: now - watched.startMs, doneBefore: watched.doneBefore}
      if (isThrough) {
        finish()
        if (!isTerminal && watched.shownMs !== undefined) line(progressSentence(state))
        watched = undefined
      } else if (isDue) {
        watched.shownMs = now
        if (!isTerminal) return line(progressSentence(state))
        // Asked anew each time: the terminal may have another size by now.
        const {columns = 80, hasUnicode} = textStyle(stderr, env)
        stderr.write(`${clearLine}${progressBar(state, {columns, hasUnicode})}`)
        isDrawn = true
      }
    },
  }
}
