// The log of one task, as its worker writes it: lines on disk in the order in which they came, harmless to whoever prints them, bounded
// in length and number, with progress thinned out. It does not know what the task does.
import {printable} from '../base/index.ts'
import type {Clock} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import {renderBytes} from '../spec/render.ts'
import type {Log} from './context.ts'

const maxLineLength = 8192
const maxLogBytes = 16 * 1024 * 1024
const progressIntervalMs = 1000

export interface TaskLog extends Log {
  /** How many warnings were written. */
  readonly warnings: () => number
  /** The last line; after it nothing is written. */
  end(line: string): Promise<void>
}

/** @param path the log file; it is made if it is not there */
export function taskLog(path: string, host: Host, clock: Clock): TaskLog {
  const writer = lineWriter(path, host)
  let warnings = 0
  let lastProgress = {what: '', percent: -1, atMs: -Infinity}
  return {
    info: (message) => writer.lines(message),
    notice: (message) => writer.lines(message),
    warn: (message) => { warnings++; writer.lines(`WARN: ${message}`) },
    progress: (done, total, what, unit) => {
      const percent = total > 0 ? Math.max(0, Math.min(100, Math.floor(done / total * 100))) : 0
      const now = clock.monotonicMs()
      const isNews = what !== lastProgress.what || percent === 100 || now - lastProgress.atMs >= progressIntervalMs
      if ((what === lastProgress.what && percent === lastProgress.percent) || !isNews) return
      lastProgress = {what, percent, atMs: now}
      writer.lines(progressLine({what, percent, ...(unit === 'bytes' && total > 0 ? {bytes: {done, total}} : {})}))
    },
    warnings: () => warnings,
    end: (line) => writer.end(line),
  }
}

/** Progress as it stands in a log: `transferred disk scsi0: 42%`, or `disk scsi0: 1.5 GiB of 32.0 GiB (4%)`. */
export interface Progress {
  readonly what: string
  readonly percent: number
  /** As exact as a line tells them. */
  readonly bytes?: {readonly done: number; readonly total: number}
}

export function progressLine({what, percent, bytes}: Progress): string {
  return bytes === undefined ? `${what}: ${percent}%` : `${what}: ${renderBytes(bytes.done, 1)} of ${renderBytes(bytes.total, 1)} (${percent}%)`
}

/** Passes what a line told on to another log. */
export function passProgress({what, percent, bytes}: Progress, log: Pick<Log, 'progress'>): void {
  if (bytes === undefined) log.progress(percent, 100, what)
  else if (percent >= 100) log.progress(bytes.total, bytes.total, what, 'bytes')
  else log.progress(Math.min(bytes.done, bytes.total - 1), bytes.total, what, 'bytes')
}

const amount = '(\\d{1,4}\\.\\d) ([KMGT]iB|B)'
const progressOfBytes = new RegExp(`^(.+): ${amount} of ${amount} \\((\\d{1,3})%\\)$`)

/** The progress that a line of a log tells, or undefined when it is an ordinary line. */
export function progressOfLine(line: string): Progress | undefined {
  const [, ofBytes, done, doneUnit, total, totalUnit, share] = progressOfBytes.exec(line) ?? []
  if (ofBytes !== undefined && Number(share) <= 100) {
    return {what: ofBytes, percent: Number(share), bytes: {done: bytesOf(done, doneUnit), total: bytesOf(total, totalUnit)}}
  }
  const [, what, percent] = /^(.+): (\d{1,3})%$/.exec(line) ?? []
  return what === undefined || percent === undefined || Number(percent) > 100 ? undefined : {what, percent: Number(percent)}
}

function bytesOf(amount = '0', unit = 'B'): number {
  return Math.round(Number(amount) * 1024 ** ['B', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit))
}

/** A line that a program printed must not be taken for the status of the task. */
function harmless(line: string): string {
  const shown = printable(line)
  const cut = shown.length > maxLineLength ? `${shown.slice(0, maxLineLength)} …` : shown
  return /^TASK (?:OK|ERROR|WARNINGS)/.test(cut) ? ` ${cut}` : cut
}

/** Writes in order and in few calls: what comes while a write is under way goes with the next one. */
function lineWriter(path: string, host: Host) {
  let waiting = ''
  let writtenBytes = 0
  let writing: Promise<void> | undefined
  let isEnded = false
  const drain = async () => {
    while (waiting !== '') {
      const text = waiting
      waiting = ''
      // A full disk must not fail the work itself; what could not be logged is lost.
      await host.files.append(path, text).catch(() => undefined)
    }
    writing = undefined
  }
  const push = (line: string) => {
    waiting += `${line}\n`
    writing ??= drain()
  }
  const lines = (message: string) => {
    if (isEnded || writtenBytes > maxLogBytes) return
    for (const line of message.replace(/\n$/, '').split(/\r\n|\r|\n/)) {
      const text = harmless(line)
      writtenBytes += Buffer.byteLength(text) + 1
      push(text)
    }
    if (writtenBytes > maxLogBytes) push('The log is full; what comes until the end is left out.')
  }
  const end = async (line: string) => {
    push(line)
    isEnded = true
    await writing
  }
  return {lines, end}
}
