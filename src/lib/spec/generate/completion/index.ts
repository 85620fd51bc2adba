// The completion scripts: tables out of the catalog, and behind them the functions that read these (src/shell). No process is started to
// complete a word; names of what exists come from the files that docs/completion.md describes.
import {generatedNote, type GeneratedFile} from '../generated-file.ts'
import type {ToolDescription} from '../tool.ts'
import {completionWords, type CompletionWords, type OptionWords} from './command-words.ts'
import {fishTables} from './fish-tables.ts'

/** The functions of each shell, as they stand in src/shell. */
export interface ShellFunctions {
  /** Of bash and zsh. */
  readonly core: string
  readonly bash: string
  readonly zsh: string
  readonly fish: string
}

export function completionFiles(tools: readonly ToolDescription[], functions: ShellFunctions): GeneratedFile[] {
  const words = completionWords(tools)
  const file = (path: string, shell: string, parts: readonly string[]) => ({path: `completions/${path}`, content: `${[shell, '', ...parts].join('\n').trimEnd()}\n`})
  return [
    file('corral.bash', `# bash completion of Corral's tools. ${generatedNote}`, [
      ...tables(words, false), '', functions.core, functions.bash, `complete -F _corral ${words.tools.join(' ')}`,
    ]),
    file('_corral', `#compdef ${words.tools.join(' ')}\n# zsh completion of Corral's tools. ${generatedNote}`, [...tables(words, true), '', functions.core, functions.zsh]),
    file('corral.fish', `# fish completion of Corral's tools. ${generatedNote}`, [...fishTables(words), '', functions.fish]),
  ]
}

/** For a shell of Bourne's line: everything within stands as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function tables({commands, next, types}: CompletionWords, hasTexts: boolean): string[] {
  const texts = new Map<string, number>()
  const textNumber = (text: string) => {
    const number = texts.get(text) ?? texts.size
    texts.set(text, number)
    return number
  }
  const option = ({name, last, type, summary}: OptionWords) => `${name}${last === undefined ? '' : `#${last}`}:${type}${hasTexts && !type.startsWith('=') ? `:${textNumber(summary)}` : ''}`
  const options = commands.map(({id, options: own}): Row => [id, own.map(option).join(' ')])
  return [
    ...table('next', [...next].map(([group, words]) => [group, words.join(' ')])),
    ...table('args', commands.filter(({args}) => args.length > 0).map(({id, args}) => [id, args.join(' ')])),
    ...table('opts', options),
    ...table('words', [...types.words].map(([text, name]) => [name, text])),
    ...table('props', [...types.properties].map(([text, name]) => [name, text])),
    ...table('about', hasTexts ? commands.map(({id, summary}) => [id, summary]) : []),
    ...(hasTexts ? table('texts', [...texts].map(([text, number]) => [String(number), text])) : []),
  ]
}

type Row = readonly [key: string, value: string]

function table(name: string, rows: readonly Row[]): string[] {
  return [`typeset -gA _corral_${name}=(`, ...rows.map(([key, value]) => `  [${quoted(key)}]=${quoted(value)}`), ')']
}
