// Terminals and the power button in /etc/inittab, for inits that read it (inittab(5)). A container has no power supply that fails and comes back: the signal
// means that it is to halt.
import {put} from '../setup.ts'
import type {Setup} from '../setup.ts'

const path = '/etc/inittab'

/** @param gettyOptions of getty, which older releases know otherwise */
export function inittab(gettyOptions: (release: string) => string): (at: Setup) => Promise<void> {
  return async (at) => {
    const text = await at.tree.readText(path)
    if (text !== undefined) await put(at, path, inittabText(text, at.facts.ttyCount, gettyOptions(at.facts.release)))
  }
}

/** Pure. Done again it changes nothing. */
export function inittabText(text: string, ttyCount: number, gettyOptions: string): string {
  const kept = text.trimEnd().split('\n').filter((line) => !/^\s*\w{1,4}:[0-9S]*:(?:powerwait|powerfail|powerfailnow|powerokwait):/.test(line) && !/^\s*\d{1,2}:\d*:respawn:\S*getty\b/.test(line))
  const terminals = Array.from({length: ttyCount}, (_, index) => `${index + 1}:${index === 0 ? '2345' : '23'}:respawn:/sbin/getty ${gettyOptions} 38400 tty${index + 1}`)
  return [...kept, 'p0::powerfail:/sbin/init 0', ...terminals].map((line) => `${line}\n`).join('')
}
