// Progress of long work as one line of a terminal: what it is, a bar, the share, how fast it goes and how long it will take. Pure.
import {renderBytes} from '../../spec/render.ts'
import {cutToWidth, displayWidth} from './display-width.ts'

export interface ProgressState {
  /** Safe to be printed. */
  readonly what: string
  readonly done: number
  /** 0: nobody knows. */
  readonly total: number
  readonly unit?: 'bytes' | undefined
  /** Since when it is watched, and how much was done by then. */
  readonly elapsedMs: number
  readonly doneBefore: number
}

/** Before this nothing is said about speed: the first numbers jump. */
const settledAfterMs = 2000
const barWidth = 24
const leastBarWidth = 8
const longestWaitSeconds = 99 * 3600

/** The line, without line end, in fewer than `columns` columns. */
export function progressBar(state: ProgressState, {columns, hasUnicode}: {readonly columns: number; readonly hasUnicode: boolean}): string {
  const room = columns - 1
  const numbers = progressNumbers(state)
  const ellipsis = hasUnicode ? '…' : '~'
  const barRoom = Math.min(barWidth, room - displayWidth(state.what) - numbers.length - 4)
  const share = shareOf(state)
  if (share === undefined || barRoom < leastBarWidth) {
    const what = cutToWidth(state.what, Math.max(0, room - numbers.length - 1), ellipsis)
    return cutToWidth(`${what}${what === '' || numbers === '' ? '' : ' '}${numbers}`, room, ellipsis)
  }
  const [full, empty] = hasUnicode ? ['█', '░'] : ['#', '.']
  const filled = Math.floor(share * barRoom)
  return `${state.what} [${full.repeat(filled)}${empty.repeat(barRoom - filled)}] ${numbers}`
}

/** The same without a bar, for a stream that is no terminal. */
export function progressSentence(state: ProgressState): string {
  const amount = state.unit === 'bytes' && state.total > 0 ? `${renderBytes(state.done, 1)} of ${renderBytes(state.total, 1)}, ` : ''
  return `${state.what}: ${amount}${progressNumbers(state)}`
}

/** `42 %  120.31 MiB/s  0:35 left`, as far as it is known. */
function progressNumbers(state: ProgressState): string {
  const share = shareOf(state)
  const perSecond = state.elapsedMs < settledAfterMs ? 0 : (state.done - state.doneBefore) / (state.elapsedMs / 1000)
  const leftSeconds = perSecond > 0 ? (state.total - state.done) / perSecond : undefined
  return [
    ...(share === undefined ? [] : [`${String(Math.floor(share * 100))} %`]),
    ...(state.unit === 'bytes' && perSecond > 0 ? [`${renderBytes(perSecond, 1)}/s`] : []),
    ...(leftSeconds === undefined || leftSeconds <= 0 || leftSeconds > longestWaitSeconds ? [] : [`${clockTime(leftSeconds)} left`]),
  ].join('  ')
}

function shareOf({done, total}: ProgressState): number | undefined {
  return total > 0 ? Math.max(0, Math.min(1, done / total)) : undefined
}

/** `0:35`, `12:05`, `1:02:03`. */
function clockTime(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
