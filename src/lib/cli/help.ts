// Help pages for the terminal: of a command (examples first), of a tool, of Corral. Built from specs; the man pages have the same facts
// at length. Nothing here loads oclif.
import type {CommandSpec, Params, ValueSchema} from '../spec/index.ts'
import {isNeeded, limitWords, optionEntries, optionValue, propertySynopsis, valueWord} from '../spec/generate/describe-value.ts'
import {standardOptionsOf} from '../spec/standard.ts'
import {displayWidth} from './render/display-width.ts'

export interface HelpStyle {
  /** Columns to wrap at. */
  readonly width: number
  /** Marks headings. */
  readonly heading: (text: string) => string
}

export const plainHelp: HelpStyle = {width: 80, heading: (text) => text}

/** A line of the list of commands. */
export interface CommandSummary {
  readonly id: string
  readonly summary: string
}

/** The page of one command. @param isWhole with every setting of options that have settings, and all limits */
export function commandHelp(spec: CommandSpec, style: HelpStyle, isWhole = false): string[] {
  const {width, heading} = style
  const lines = [...wrap(spec.summary, width, ''), '', heading('USAGE'), ...wrap(usageLine(spec), width, '  ', '      ')]
  if (spec.examples.length > 0) {
    lines.push('', heading('EXAMPLES'))
    for (const {line, meaning} of spec.examples) lines.push(...wrap(meaning, width, '  '), ...wrapCommand(line, width, '    $ ', '        '))
  }
  const section = (title: string, entries: readonly (readonly [string, ValueSchema])[], dashes = '--') => {
    if (entries.length > 0) lines.push('', heading(title), ...entries.flatMap(([name, schema]) => (isWhole ? wholeEntry : shortEntry)(name, schema, width, dashes)))
  }
  section('ARGUMENTS', spec.args.map((name) => [name, spec.params[name] ?? {}] as const), '')
  const options = optionEntries(spec.params, spec.args)
  section('REQUIRED OPTIONS', options.filter(([, schema]) => isNeeded(schema)))
  section('OPTIONS', options.filter(([, schema]) => !isNeeded(schema)))
  section('COMMON OPTIONS', optionEntries(standardOptionsOf(spec), []))
  if (spec.aliases !== undefined && spec.aliases.length > 0) lines.push('', heading('ALIASES'), ...spec.aliases.map((alias) => `  ${alias}`))
  if (spec.exitStatus !== undefined) {
    lines.push('', heading('EXIT STATUS'), ...spec.exitStatus.flatMap(({code, meaning}) => wrap(`${code}: ${meaning}`, width, '  ', '      ')))
  }
  return [...lines, '', ...wrap(whereMoreIs(spec, isWhole), width, '')]
}

/** The page of one option of a command, with its settings. */
export function optionHelp(name: string, schema: ValueSchema, {width}: HelpStyle): string[] {
  return wholeEntry(name, schema, width, '--')
}

function whereMoreIs(spec: CommandSpec, isWhole: boolean): string {
  const page = `'man ${spec.id.replaceAll(' ', '-')}' has the whole page.`
  const withSettings = optionEntries(spec.params, spec.args).find(([, schema]) => typeof schema.format === 'object')
  if (isWhole || withSettings === undefined) return page
  const [tool = '', ...words] = spec.id.split(' ')
  const help = [tool, 'help', ...words].join(' ')
  return `'${help} --verbose' shows the settings of all options, '${help} ${withSettings[0].replace('[n]', '0')}' those of one; ${page}`
}

/** `qm start <vmid> [--timeout <integer>] …` */
export function usageLine(spec: CommandSpec): string {
  const args = spec.args.map((name) => {
    const schema = spec.params[name] ?? {}
    const word = name === 'extra-args' ? `<${name}>…` : `<${name}>`
    return isNeeded(schema) ? word : `[${word}]`
  })
  const needed = optionEntries(spec.params, spec.args).filter(([, schema]) => isNeeded(schema)).map(([name, schema]) => `--${name} ${valueWord(schema)}`)
  return [spec.id, ...args, ...needed, '[OPTIONS]'].join(' ')
}

/** Columns of the term in a short entry. */
const termColumn = 28

/** The term with its description beside it; of settings, only that there are some. */
function shortEntry(name: string, schema: ValueSchema, width: number, dashes: string): string[] {
  const term = `  ${dashes === '' ? `<${name}>` : `${dashes}${name} ${shortValue(schema)}`}`
  const text = schema.alias === undefined ? described(schema) : `Another name for --${schema.alias}.`
  // In a narrow window there is no room for two columns.
  const wrapped = wrap(term, width, '  ', '      ')
  if (width < 60) return [...wrapped, ...wrap(text, width, '      ')]
  const lines = wrap(text, width, ' '.repeat(termColumn))
  return displayWidth(term) > termColumn - 2 ? [...wrapped, ...lines] : [`${term.padEnd(termColumn)}${(lines[0] ?? '').trimStart()}`.trimEnd(), ...lines.slice(1)]
}

/** `<volume>[,...]`: the value of the setting whose name may be left out, and that more may follow. */
function shortValue(schema: ValueSchema): string {
  if (typeof schema.format !== 'object') return optionValue(schema)
  const entries = Object.entries(schema.format).filter(([, setting]) => setting.alias === undefined)
  const bare = entries.find(([, setting]) => setting.defaultKey === true)
  const [first, setting] = bare ?? entries[0] ?? ['', {}]
  const value = setting.enum !== undefined && setting.enum.length > 2 ? `<${first}>` : valueWord(setting)
  return `${bare === undefined ? `${first}=` : ''}${value}${entries.length > 1 ? '[,...]' : ''}`
}

function wholeEntry(name: string, schema: ValueSchema, width: number, dashes: string): string[] {
  const value = typeof schema.format === 'object' && schema.alias === undefined ? propertySynopsis(schema.format) : optionValue(schema)
  return [
    ...wrap(dashes === '' ? `<${name}>` : `${dashes}${name} ${value}`, width, '  ', '      '),
    ...wrap(schema.alias === undefined ? described(schema) : `Another name for --${schema.alias}.`, width, '      '),
    ...(typeof schema.format === 'object' && schema.alias === undefined ? settingLines(schema.format, width) : []),
  ]
}

/** The description with the limits behind it. */
function described(schema: ValueSchema): string {
  const limits = typeof schema.format === 'object' ? '' : limitWords(schema)
  return `${schema.description ?? ''}${limits === '' ? '' : ` (${limits})`}`.trim()
}

/** The settings of a property string, one line each. */
function settingLines(format: Params, width: number): string[] {
  return Object.entries(format)
    .filter(([, schema]) => schema.alias === undefined && schema.description !== undefined)
    .flatMap(([name, schema]) => wrap(`${name}=${valueWord(schema)}: ${described(schema)}`, width, '        ', '            '))
}

/** The page of a tool, or of a group of its commands. */
export function commandListHelp(title: string, commands: readonly CommandSummary[], style: HelpStyle, heading = 'COMMANDS'): string[] {
  const longest = Math.max(0, ...commands.map(({id}) => displayWidth(id)))
  const column = Math.min(longest, 32) + 4
  return [
    ...(title === '' ? [] : [...wrap(title, style.width, ''), '']), style.heading(heading),
    ...commands.flatMap(({id, summary}) => {
      const isLong = displayWidth(id) > column - 4
      const text = wrap(summary, style.width, ' '.repeat(column))
      return isLong ? [`  ${id}`, ...text] : [`  ${id.padEnd(column - 2)}${(text[0] ?? '').trimStart()}`, ...text.slice(1)]
    }),
  ]
}

/**
 * A line for the shell, continued with backslashes where it is too long, so that it can still be copied. Quoted words stay whole, and an
 * option stays with its value.
 */
export function wrapCommand(line: string, width: number, indent: string, nextIndent: string): string[] {
  const lines: string[] = []
  let current = indent
  for (const word of line.match(/(?:--[\w-]+ (?!-))?(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []) {
    const isFirst = current === indent || current === nextIndent
    if (!isFirst && displayWidth(current) + 1 + displayWidth(word) + 2 > width) {
      lines.push(`${current} \\`)
      current = nextIndent + word
    } else {
      current += isFirst ? word : ` ${word}`
    }
  }
  return [...lines, current]
}

/** Breaks text at spaces into lines of at most `width` columns; a longer word stands alone. */
export function wrap(text: string, width: number, indent: string, nextIndent = indent): string[] {
  const lines: string[] = []
  let line = indent
  let isEmpty = true
  for (const word of text.replace(/`/g, "'").split(/\s+/)) {
    if (word === '') continue
    if (!isEmpty && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line)
      line = nextIndent
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  if (!isEmpty) lines.push(line)
  return lines
}
