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
const leadingOptionsWithValue: ReadonlySet<string> = new Set(['on', 'context', 'output-format'])

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

/** As findCommand, for words behind `corral`, whose own commands are written without their tool (`corral task wait`). */
export function findTypedCommand(words: readonly string[], keys: Readonly<Record<string, unknown>>, aliases: Readonly<Record<string, string>>): FoundCommand | undefined {
  return findCommand(words, keys, aliases) ?? findCommand(['corral', ...words], keys, aliases)
}

/** The words in front that name a group (`qm disk` of `qm disk mvoe`), with `corral` for its own groups; empty when there is none. */
export function groupOf(words: readonly string[], keys: readonly string[]): readonly string[] {
  const full = commandsBelow(words.slice(0, 1), keys).length > 0 || words[0] === 'corral' ? words : ['corral', ...words]
  let count = 0
  while (count < full.length && commandsBelow(full.slice(0, count + 1), keys).length > 0) count++
  return full === words || count > 1 ? full.slice(0, count) : []
}

/**
 * The command that was probably meant by words that name none, as its key: the closest one with as many words; for words without a tool
 * (`corral strat 100`) the one whose own words are closest.
 */
export function suggestCommand(words: readonly string[], keys: readonly string[]): string | undefined {
  const typed = words.slice(leadingOptionsEnd(words)).slice(0, maxCommandWords)
  const tools = new Set(keys.map((key) => key.split(' ')[0] ?? key))
  const helps = [...tools].map((tool) => `${tool} help`)
  const written = new Map([...keys, ...helps].map((key) => [key.replace(/^corral /, ''), key]))
  const bare = new Map(keys.map((key) => [key.split(' ').slice(1).join(' '), key]))
  for (let count = typed.length; count > 0; count--) {
    const start = typed.slice(0, count).join(' ')
    for (const names of tools.has(typed[0] ?? '') ? [written] : [written, bare]) {
      const nearest = nearestWord(start, [...names.keys()].filter((name) => name.split(' ').length === count))
      if (nearest !== undefined) return names.get(nearest)
    }
  }
  return undefined
}

/** The keys below a group of commands: `qm disk` has `qm disk import`, …; all of them for no words. */
export function commandsBelow(words: readonly string[], keys: readonly string[]): readonly string[] {
  const prefix = words.length === 0 ? '' : `${words.join(' ')} `
  return keys.filter((key) => key.startsWith(prefix))
}
