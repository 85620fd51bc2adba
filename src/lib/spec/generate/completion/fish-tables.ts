// The tables for fish, which has lists instead of tables with keys: a list a command, whose name is made of the command's words.
import type {CompletionWords, OptionWords} from './command-words.ts'

export function fishTables({tools, commands, next, types}: CompletionWords): string[] {
  const texts = new Map<string, number>([['', 1]])
  const textNumber = (text: string) => {
    const number = texts.get(text) ?? texts.size + 1
    texts.set(text, number)
    return number
  }
  const option = ({name, last, type, summary}: OptionWords) => `${name}${last === undefined ? '' : `#${last}`}:${type}${type.startsWith('=') ? '' : `:${textNumber(summary)}`}`
  const about = (id: string) => commands.find((command) => command.id === id)?.summary ?? ''
  const lines = [
    ...[...next].map(([group, words]) => list(`next_${variable(group)}`, words.map((word) => `${word}:${textNumber(about(`${group} ${word}`))}`))),
    ...commands.flatMap(({id, args, options}) => [
      ...(args.length === 0 ? [] : [list(`args_${variable(id)}`, args)]), list(`opts_${variable(id)}`, options.map(option)),
    ]),
    ...[...types.words].map(([text, name]) => list(`words_${name}`, text.split(' '))),
    ...[...types.properties].map(([text, name]) => list(`props_${name}`, text.split(' '))),
  ]
  return [...lines, list('texts', [...texts.keys()]), '', ...tools.map((tool) => `complete -c ${tool} -f -a '(__corral_complete)'`)]
}

/** Command words as part of a variable's name; the functions do the same (src/shell/fish.fish). */
function variable(id: string): string {
  return id.replace(/[^a-zA-Z0-9]/g, '_')
}

function list(name: string, values: readonly string[]): string {
  return `set -g __corral_${name} ${values.map(quoted).join(' ')}`.trimEnd()
}

/** Within fish's single quotes a backslash and a quote are escaped by a backslash. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
