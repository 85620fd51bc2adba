// Finds the command that the first words of a command line name. It knows the catalog's keys only; no spec is loaded.

import {nearestWord} from '../spec/nearest.ts'

export interface FoundCommand {
  /** The catalog's key. */
  readonly id: string
  /** What stands after the command's own words. */
  readonly rest: readonly string[]
}

/** No command has more words than this (`pvenode acme account deactivate` has four). */
const maxCommandWords = 6

/** Options of ours that may stand before the command, as `corral --on h2 qm list`; those with a value. */
const leadingOptionsWithValue: ReadonlySet<string> = new Set(['on', 'output-format'])

/**
 * The longest catalog key (or alias) that the words begin with. Options in front of the command words (`corral --on h2 qm list`) are
 * moved behind them; a tool that is a command itself (`vzdump`) is found by its one word.
 */
export function findCommand(words: readonly string[], keys: Readonly<Record<string, unknown>>, aliases: Readonly<Record<string, string>> = {}): FoundCommand | undefined {
  const start = leadingOptionsEnd(words)
  const leading = words.slice(0, start)
  const commandWords = words.slice(start, start + maxCommandWords)
  for (let count = commandWords.length; count > 0; count--) {
    const candidate = commandWords.slice(0, count).join(' ')
    const id = Object.hasOwn(aliases, candidate) ? aliases[candidate] : candidate
    if (id !== undefined && id in keys) return {id, rest: [...leading, ...words.slice(start + count)]}
  }
  return undefined
}

function leadingOptionsEnd(words: readonly string[]): number {
  let at = 0
  while (at < words.length) {
    const word = words[at] ?? ''
    if (!word.startsWith('-') || word === '-' || word === '--') break
    const name = word.replace(/^--?/, '')
    at += leadingOptionsWithValue.has(name) ? 2 : 1
  }
  return Math.min(at, words.length)
}

/** The command that was probably meant by words that name none: the closest key with as many words. */
export function suggestCommand(words: readonly string[], keys: readonly string[]): string | undefined {
  const typed = words.slice(leadingOptionsEnd(words)).slice(0, maxCommandWords)
  for (let count = Math.min(typed.length, maxCommandWords); count > 0; count--) {
    const nearest = nearestWord(typed.slice(0, count).join(' '), keys.filter((key) => key.split(' ').length === count))
    if (nearest !== undefined) return nearest
  }
  return undefined
}

/** The keys below a group of commands: `qm disk` has `qm disk import`, …; all of them for no words. */
export function commandsBelow(words: readonly string[], keys: readonly string[]): readonly string[] {
  const prefix = words.length === 0 ? '' : `${words.join(' ')} `
  return keys.filter((key) => key.startsWith(prefix))
}
