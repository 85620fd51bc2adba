// Long output on a terminal goes through a pager, as with git and systemctl. Which one, and whether: CORRAL_PAGER, else PAGER, else less; an
// empty name and `cat` mean none. Never without a terminal, nor on one that cannot move its cursor.
import {spawn} from 'node:child_process'
import {displayWidth} from './render/display-width.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** less: leave when it fits on the screen, show colour, leave the text standing. */
const lessOptions = 'FRX'

/** The pager's words, or undefined for none. They are split at blanks and given to no shell. */
export function pagerArgv(env: Environment): readonly string[] | undefined {
  if (env['TERM'] === undefined || env['TERM'] === '' || env['TERM'] === 'dumb') return undefined
  const words = (env['CORRAL_PAGER'] ?? env['PAGER'] ?? 'less').split(/\s+/).filter((word) => word !== '')
  const name = words[0]?.slice(words[0].lastIndexOf('/') + 1)
  return name === undefined || name === 'cat' ? undefined : words
}

/** Whether the text is taller than the terminal, lines that wrap counted as often as they do. A size of 0 is one that nobody knows. */
export function isTooTall(text: string, {columns, rows}: {readonly columns?: number | undefined; readonly rows?: number | undefined}): boolean {
  if (rows === undefined || rows <= 0) return false
  const width = columns === undefined || columns <= 0 ? Infinity : columns
  let height = 0
  for (const line of text.split('\n')) {
    // What marks the header takes no room.
    height += Math.max(1, Math.ceil(displayWidth(line.replace(/\u001b\[[0-9;]*m/g, '')) / width))
    if (height > rows) return true
  }
  return false
}

/**
 * Shows the text in the pager and waits until it is left. That may be before its end: not an error.
 * @returns false when there is no such program, and nothing was shown
 */
export async function showInPager([program = '', ...words]: readonly string[], text: string, env: Environment): Promise<boolean> {
  const child = spawn(program, words, {stdio: ['pipe', 'inherit', 'inherit'], env: {...env, LESS: env['LESS'] ?? lessOptions, LV: env['LV'] ?? '-c'}})
  return new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', () => resolve(true))
    child.stdin.on('error', () => undefined)
    child.stdin.end(text)
  })
}
