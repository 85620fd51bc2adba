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

/** The page of one command. */
export function commandHelp(spec: CommandSpec, style: HelpStyle): string[] {
  const lines = [...wrap(spec.summary, style.width, ''), '', style.heading('USAGE'), ...wrap(usageLine(spec), style.width, '  ', '      ')]
  if (spec.examples.length > 0) {
    lines.push('', style.heading('EXAMPLES'))
    for (const {line, meaning} of spec.examples) lines.push(...wrap(meaning, style.width, '  '), `    $ ${line}`)
  }
  if (spec.args.length > 0) {
    lines.push('', style.heading('ARGUMENTS'), ...spec.args.flatMap((name) => entry(`<${name}>`, spec.params[name] ?? {}, style.width)))
  }
  const options = optionEntries(spec.params, spec.args)
  const needed = options.filter(([, schema]) => isNeeded(schema))
  const free = options.filter(([, schema]) => !isNeeded(schema))
  if (needed.length > 0) lines.push('', style.heading('REQUIRED OPTIONS'), ...optionLines(needed, style.width))
  if (free.length > 0) lines.push('', style.heading('OPTIONS'), ...optionLines(free, style.width))
  lines.push('', style.heading('COMMON OPTIONS'), ...optionLines(optionEntries(standardOptionsOf(spec), []), style.width))
  if (spec.aliases !== undefined && spec.aliases.length > 0) lines.push('', style.heading('ALIASES'), ...spec.aliases.map((alias) => `  ${alias}`))
  if (spec.exitStatus !== undefined) {
    lines.push('', style.heading('EXIT STATUS'), ...spec.exitStatus.flatMap(({code, meaning}) => wrap(`${code}: ${meaning}`, style.width, '  ', '      ')))
  }
  lines.push('', ...wrap(`'man ${spec.id.replaceAll(' ', '-')}' has the whole page.`, style.width, ''))
  return lines
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

function optionLines(options: readonly (readonly [string, ValueSchema])[], width: number): string[] {
  return options.flatMap(([name, schema]) => {
    const value = typeof schema.format === 'object' ? propertySynopsis(schema.format) : optionValue(schema)
    return entry(`--${name} ${value}`, schema, width)
  })
}

function entry(term: string, schema: ValueSchema, width: number): string[] {
  return [
    ...wrap(term, width, '  ', '      '),
    ...wrap(schema.alias === undefined ? described(schema) : `Another name for --${schema.alias}.`, width, '      '),
    ...(typeof schema.format === 'object' ? settingLines(schema.format, width) : []),
  ]
}

/** The description with the limits behind it. */
function described(schema: ValueSchema): string {
  const limits = limitWords(schema)
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
