// Completion scripts for bash, zsh and fish with the words that are known when they are made: commands, options, and the values of
// options and arguments that have few. No process is started to complete a word.
import type {CommandSpec} from '../command.ts'
import {expandedNames} from '../params.ts'
import type {ValueSchema} from '../schema.ts'
import {standardOptionsOf} from '../standard.ts'
import {generatedNote, type GeneratedFile} from './generated-file.ts'
import type {ToolDescription} from './tool.ts'

/** What completion knows of one command. */
interface CommandWords {
  readonly id: string
  readonly summary: string
  readonly options: readonly OptionWords[]
  /** For each position its choices; none for a free one. */
  readonly args: readonly (readonly string[])[]
}

interface OptionWords {
  readonly name: string
  readonly summary: string
  readonly isFlag: boolean
  readonly values: readonly string[]
}

export function completionFiles(tools: readonly ToolDescription[]): GeneratedFile[] {
  const commands = tools.flatMap((tool) => tool.commands).map(wordsOf)
  const names = tools.map(({name}) => name)
  return [
    {path: 'completions/corral.bash', content: bashScript(names, commands)},
    {path: 'completions/_corral', content: zshScript(names, commands)},
    {path: 'completions/corral.fish', content: fishScript(names, commands)},
  ]
}

function wordsOf(spec: CommandSpec): CommandWords {
  const params = {...spec.params, ...standardOptionsOf(spec)}
  const options = Object.entries(params).filter(([name]) => !spec.args.includes(name)).flatMap(([name, schema]) =>
    familyNames(name, schema).map((written) => ({name: written, summary: oneSentence(schema), isFlag: schema.type === 'boolean', values: choices(schema)})))
  return {
    id: spec.id, summary: spec.summary, options: options.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    args: spec.args.map((name) => choices(spec.params[name] ?? {})),
  }
}

/** Of a family the first numbers only: nobody looks for net31 in a list. */
function familyNames(name: string, schema: ValueSchema): readonly string[] {
  return expandedNames({[name]: schema}).slice(0, name.endsWith('[n]') ? 4 : 1)
}

function choices(schema: ValueSchema): readonly string[] {
  if (schema.enum !== undefined) return schema.enum.map(String)
  return schema.type === 'boolean' ? ['0', '1'] : []
}

function oneSentence({description = ''}: ValueSchema): string {
  return (/^.*?[.!?](?=\s|$)/s.exec(description)?.[0] ?? description).replace(/[`*\n]/g, (character) => (character === '\n' ? ' ' : ''))
}

/** What may follow the words of a group: `qm` has start, stop, disk, …. */
function nextWords(tools: readonly string[], commands: readonly CommandWords[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, Set<string>>([['corral', new Set(tools.filter((tool) => tool !== 'corral'))]])
  for (const {id} of commands) {
    const words = id.split(' ')
    for (let count = 1; count < words.length; count++) {
      const group = words.slice(0, count).join(' ')
      next.set(group, (next.get(group) ?? new Set()).add(words[count] ?? ''))
    }
  }
  return new Map([...next].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([group, words]) => [group, [...words].toSorted()]))
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function bashScript(tools: readonly string[], commands: readonly CommandWords[]): string {
  const valued = commands.flatMap(({id, options}) => options.filter(({values}) => values.length > 0).map(({name, values}) => [`${id} --${name}`, values] as const))
  const free = commands.map(({id, options}) => [id, options.filter(({isFlag, values}) => !isFlag && values.length === 0).map(({name}) => `--${name}`)] as const)
  const args = commands.flatMap(({id, args: positions}) => positions.flatMap((values, index) => (values.length === 0 ? [] : [[`${id} ${index + 1}`, values] as const])))
  return [
    `# bash completion of Corral's tools. ${generatedNote}`,
    'declare -gA _corral_next=(', ...[...nextWords(tools, commands)].map(([group, words]) => `  [${shellQuote(group)}]=${shellQuote(words.join(' '))}`), ')',
    'declare -gA _corral_options=(', ...commands.map(({id, options}) => `  [${shellQuote(id)}]=${shellQuote(options.map(({name}) => `--${name}`).join(' '))}`), ')',
    'declare -gA _corral_free=(', ...free.filter(([, names]) => names.length > 0).map(([id, names]) => `  [${shellQuote(id)}]=${shellQuote(` ${names.join(' ')} `)}`), ')',
    'declare -gA _corral_values=(', ...[...valued, ...args].map(([key, values]) => `  [${shellQuote(key)}]=${shellQuote(values.join(' '))}`), ')',
    '', bashFunction.trim(), '', `complete -F _corral ${tools.join(' ')}`, '',
  ].join('\n')
}

/** Finds the command, then offers what may stand at the cursor. */
const bashFunction = `
_corral() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[0]##*/} at=1 word position=1 words= option=
  if [[ $command == corral && COMP_CWORD -gt 1 && -n \${_corral_next[\${COMP_WORDS[1]}]+set} ]]; then command=\${COMP_WORDS[1]}; at=2; fi
  while (( at < COMP_CWORD )) && [[ -n \${_corral_next[$command]+set} ]]; do
    word=\${COMP_WORDS[at]}
    [[ -n \${_corral_next["$command $word"]+set} || -n \${_corral_options["$command $word"]+set} ]] || return 0
    command+=" $word"; (( at++ ))
  done
  if [[ $previous == -* ]]; then option=\${previous#-}; option=--\${option#-}; fi
  if [[ -n \${_corral_next[$command]+set} ]]; then
    words=\${_corral_next[$command]}
  elif [[ -n $option && -n \${_corral_values["$command $option"]+set} ]]; then
    words=\${_corral_values["$command $option"]}
  elif [[ -n $option && \${_corral_free[$command]} == *" $option "* ]]; then
    return 0
  elif [[ $current == -* ]]; then
    words=\${_corral_options[$command]}
    [[ $current == --* ]] || words=\${words//--/-}
  else
    for (( ; at < COMP_CWORD; at++ )); do
      word=\${COMP_WORDS[at]}
      if [[ $word == -* ]]; then [[ $word == *=* ]] || (( at++ )); else (( position++ )); fi
    done
    words=\${_corral_values["$command $position"]}
  fi
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
}
`

/** Escapes for a description in zsh's `name[description]`. */
function zshText(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&')
}

function zshScript(tools: readonly string[], commands: readonly CommandWords[]): string {
  return [
    `#compdef ${tools.join(' ')}`, `# zsh completion of Corral's tools. ${generatedNote}`,
    'local -a path_words=("${words[1]:t}") next', 'local index=2 key',
    'if [[ ${path_words[1]} == corral && CURRENT -gt 2 ]]; then', '  case ${words[2]} in', `    (${tools.join('|')}) path_words=("\${words[2]}"); index=3;;`, '  esac', 'fi',
    'while true; do', '  next=()', '  key="${(j: :)path_words}"', '  case $key in',
    ...[...nextWords(tools, commands)].map(([group, words]) => `    (${shellQuote(group)}) next=(${words.map((word) => shellQuote(`${word}:${zshText(commands.find(({id}) => id === `${group} ${word}`)?.summary ?? `commands of ${word}`)}`)).join(' ')});;`),
    '  esac', '  (( $#next )) || break', '  if (( index >= CURRENT )); then _describe command next; return; fi',
    '  path_words+=("${words[index]}"); (( index++ ))', 'done', 'shift $((index - 1)) words; (( CURRENT -= index - 1 ))',
    'words=("$key" $words); (( CURRENT++ ))', 'case $key in',
    ...commands.map(zshCommand), 'esac', '',
  ].join('\n')
}

function zshCommand({id, options, args}: CommandWords): string {
  const flags = options.map(({name, summary, isFlag, values}) => {
    const value = values.length > 0 ? `:value:(${values.join(' ')})` : ':value: '
    return shellQuote(`${isFlag ? `--${name}` : `--${name}=`}[${zshText(summary)}]${isFlag ? '' : value}`)
  })
  const positions = args.map((values, index) => shellQuote(`${index + 1}:argument:${values.length > 0 ? `(${values.join(' ')})` : ' '}`))
  return `  (${shellQuote(id)}) _arguments ${[...flags, ...positions].join(' ')};;`
}

function fishScript(tools: readonly string[], commands: readonly CommandWords[]): string {
  return [
    `# fish completion of Corral's tools. ${generatedNote}`, '', fishFunctions(tools.filter((tool) => tool !== 'corral')).trim(), '',
    ...tools.map((tool) => `complete -c ${tool} -f`),
    ...[...nextWords(tools, commands)].flatMap(([group, words]) => words.map((word) => {
      const summary = commands.find(({id}) => id === `${group} ${word}`)?.summary
      return fishLine(group, `-n ${shellQuote(`__corral_at ${group}`)} -a ${shellQuote(word)}`, summary)
    })),
    ...commands.flatMap(({id, options}) => options.map(({name, summary, isFlag, values}) =>
      fishLine(id, `-n ${shellQuote(`__corral_in ${id}`)} -l ${shellQuote(name)}${isFlag ? '' : ` -x${values.length > 0 ? ` -a ${shellQuote(values.join(' '))}` : ''}`}`, summary))), '',
  ].join('\n')
}

/** A line for the tool itself, and for what is written behind corral. */
function fishLine(id: string, rest: string, summary: string | undefined): string {
  const tool = id.split(' ')[0] ?? id
  return `complete${tool === 'corral' ? '' : ' -c corral'} -c ${tool} ${rest}${summary === undefined ? '' : ` -d ${shellQuote(summary)}`}`
}

/** __corral_at: the words so far are exactly these; __corral_in: they begin with these. `corral qm` is `qm`. */
function fishFunctions(tools: readonly string[]): string {
  return `
function __corral_words
    set -l words (commandline -opc)
    set words[1] (string replace -r '.*/' '' -- $words[1])
    if test $words[1] = corral; and set -q words[2]; and contains -- $words[2] ${tools.join(' ')}
        set -e words[1]
    end
    string join -- ' ' $words
end
function __corral_at
    test (__corral_words) = "$argv"
end
function __corral_in
    string match -q -- "$argv *" (__corral_words)' '
end
`
}
