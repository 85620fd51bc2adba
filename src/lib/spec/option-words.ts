// The lowest layer of the command line: words into options and what is left. It takes the forms that Proxmox VE's tools take (they use
// Perl's Getopt::Long): one dash or two, `--name value` and `--name=value`, names in any case and cut short as long as they are
// unique, options and arguments in any order, `--` as the end of options. It knows nothing of types beyond what eats a word.
import {InvalidInputError} from '../base/index.ts'
import {didYouMean} from './nearest.ts'
import {quoteValue} from './read-value.ts'

/** flag: its value may be left out; single: the last one given counts; list: may be given several times. */
export type OptionKind = 'flag' | 'single' | 'list'

/** The options that may be given, in groups: an abbreviation that fits in an earlier group is not looked up in later ones. */
export interface OptionTable {
  /** The kind of an option by its exact name. */
  kindOf(name: string): OptionKind | undefined
  /** All names, in groups; asked for only when a name is not exact. */
  names(): readonly (readonly string[])[]
  /** What to do when an option is unknown and none is like it. */
  readonly help?: string
}

export interface OptionWords {
  /** By option, the values in the order given; a flag without a value has ''. */
  readonly options: ReadonlyMap<string, readonly string[]>
  /** The words that belong to no option. */
  readonly rest: readonly string[]
}

/**
 * Takes the options out of the words of a command line.
 * @throws InvalidInputError for an unknown or ambiguous option, and for one without the value that it needs.
 */
export function readOptionWords(words: readonly string[], table: OptionTable): OptionWords {
  const options = new Map<string, string[]>()
  const rest: string[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '--') {
      rest.push(...words.slice(index + 1))
      break
    }
    if (!looksLikeOption(word)) {
      rest.push(word)
      continue
    }
    const {name, kind, value} = splitOption(word, table)
    const next = words[index + 1]
    if (value !== undefined) {
      addValue(options, name, checkedValue(word, name, kind, value))
    } else if (kind === 'flag') {
      // A flag takes the next word unless that is an option; so does Getopt::Long with an optional value.
      const takesNext = next !== undefined && !looksLikeOption(next)
      addValue(options, name, takesNext ? next : '')
      if (takesNext) index++
    } else {
      if (next === undefined) throw new InvalidInputError(`option --${name} needs a value`, {[name]: 'needs a value'})
      addValue(options, name, next)
      index++
    }
  }
  return {options, rest}
}

/** A dash alone is a word like any other (it often stands for standard input). */
function looksLikeOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-')
}

function splitOption(word: string, table: OptionTable): {name: string; kind: OptionKind; value: string | undefined} {
  const text = word.replace(/^--?/, '')
  const equals = text.indexOf('=', 1)
  const written = equals < 0 ? text : text.slice(0, equals)
  const value = equals < 0 ? undefined : text.slice(equals + 1)
  const exact = table.kindOf(written)
  if (exact !== undefined) return {name: written, kind: exact, value}
  const name = completeName(written, table)
  return {name, kind: table.kindOf(name) ?? 'single', value}
}

/** The option that a name in another case, or cut short, stands for. */
function completeName(written: string, table: OptionTable): string {
  const wanted = written.toLowerCase()
  const groups = table.names()
  for (const names of groups) {
    const hits = names.filter(name => name.toLowerCase().startsWith(wanted))
    const whole = hits.find(name => name.length === wanted.length)
    const hit = whole ?? (hits.length === 1 ? hits[0] : undefined)
    if (hit !== undefined) return hit
    if (hits.length > 1) {
      const some = `${hits.slice(0, 8).map(name => `--${name}`).join(', ')}${hits.length > 8 ? ', …' : ''}`
      throw new InvalidInputError(`option ${quoteValue(`--${written}`)} is ambiguous: ${some}`, {[written]: `is ambiguous: ${some}`})
    }
  }
  const hint = familyHint(written, groups.flat()) ?? didYouMean(written, groups.flat()).replace(/'(.*)'/, "'--$1'")
  const nextSteps = hint === '' && table.help !== undefined ? [table.help] : []
  throw new InvalidInputError(`there is no option ${quoteValue(`--${written}`)}${hint}`, {[written]: `there is no such option${hint}`}, {nextSteps})
}

/** For a number beyond the end of a family of numbered options (`net99`): how far it goes. */
function familyHint(written: string, names: readonly string[]): string | undefined {
  const base = /^(.*?[a-z])\d+$/i.exec(written)?.[1]?.toLowerCase()
  const numbers = names.flatMap(name => (base !== undefined && name.startsWith(base) && /^\d+$/.test(name.slice(base.length)) ? Number(name.slice(base.length)) : []))
  return numbers.length < 2 ? undefined : `; the number behind --${base ?? ''} goes from ${Math.min(...numbers)} to ${Math.max(...numbers)}`
}

function checkedValue(word: string, name: string, kind: OptionKind, value: string): string {
  if (value !== '' || kind === 'flag') return value
  throw new InvalidInputError(`option --${name} needs a value behind the '=' of ${quoteValue(word)}`, {[name]: 'needs a value'})
}

function addValue(options: Map<string, string[]>, name: string, value: string): void {
  const values = options.get(name)
  if (values === undefined) options.set(name, [value])
  else values.push(value)
}
