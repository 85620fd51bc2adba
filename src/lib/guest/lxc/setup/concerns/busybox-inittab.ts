// Terminals in the inittab of busybox, whose first field is the terminal (Alpine).
import {put} from '../setup.ts'
import type {Setup} from '../setup.ts'

const path = '/etc/inittab'

export async function busyboxInittab(at: Setup): Promise<void> {
  const text = await at.tree.readText(path)
  if (text !== undefined) await put(at, path, busyboxInittabText(text, at.facts.ttyCount))
}

/** Pure. Done again it changes nothing. */
export function busyboxInittabText(text: string, ttyCount: number): string {
  const kept = text.trimEnd().split('\n').filter((line) => !/^tty\d{1,2}::respawn:\S*getty\b/.test(line))
  const terminals = Array.from({length: ttyCount}, (_, index) => `tty${index + 1}::respawn:/sbin/getty 38400 tty${index + 1}`)
  return [...kept, ...terminals].map((line) => `${line}\n`).join('')
}
