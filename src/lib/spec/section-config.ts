// Section configuration files (storage.cfg, jobs.cfg, ha/resources.cfg …): sections `TYPE: ID`, each with indented `key value` lines and
// ended by an empty line. The types say which keys a section may have. A file that could not be read whole must not be written back,
// so reading is strict unless the caller takes the problems.
import {InvalidInputError} from '../base/index.ts'
import {isRequired} from './json-schema.ts'
import {quoteValue} from './read-value.ts'
import type {Params, ValueSchema} from './schema.ts'
import {checkValue, inspectParams} from './validate.ts'

/** A type of section: its keys, and which of them are set at creation and never changed. */
export interface SectionType {
  readonly options: Params
  readonly fixed?: readonly string[]
}

export type SectionTypes = Readonly<Record<string, SectionType>>

export interface Section {
  readonly type: string
  readonly id: string
  /** Read as their types: numbers, booleans, texts, lists of them. Property strings stay texts. Of an unknown type: texts. */
  readonly values: Readonly<Record<string, unknown>>
}

/** The sections in the order of the file. */
export type SectionConfig = readonly Section[]

export interface SectionProblem {
  /** Counted from 1. */
  readonly line: number
  readonly section?: string
  readonly message: string
}

export interface ParseSectionOptions {
  /** Sections of types that are not known are kept, with their values as texts. */
  readonly allowUnknown?: boolean
  /**
   * Takes what is wrong; the line, or the section when it cannot be used, is then left out. Without it the first problem is thrown.
   * Only for looking: writing back what was read this way would lose what was left out.
   */
  readonly onProblem?: (problem: SectionProblem) => void
}

const longestFile = 1024 * 1024
const longestLine = 64 * 1024
const mostSections = 10_000

/**
 * Reads a section configuration.
 * @throws InvalidInputError naming the line, unless `onProblem` takes it.
 */
export function parseSectionConfig(text: string, types: SectionTypes, options: ParseSectionOptions = {}): SectionConfig {
  if (text.length > longestFile) throw new InvalidInputError(`a section configuration may have at most ${longestFile} characters`)
  const report = options.onProblem ?? ((problem: SectionProblem) => { throw problemError(problem) })
  const sections = new Map<string, Section>()
  for (const block of blocksOf(text, report)) {
    const section = readSection(block, types, options.allowUnknown === true, report)
    if (section === undefined) continue
    if (sections.has(section.id)) {
      report({line: block.line, section: block.id, message: `section '${block.id}' stands there twice`})
      continue
    }
    if (sections.size >= mostSections) throw new InvalidInputError(`a section configuration may have at most ${mostSections} sections`)
    sections.set(section.id, section)
  }
  return [...sections.values()]
}

interface Entry { readonly line: number; readonly key: string; readonly text: string | undefined }
interface Block { readonly line: number; readonly type: string; readonly id: string; readonly entries: Entry[] }

/** The file cut into sections, before anything is known of their types. */
function* blocksOf(text: string, report: (problem: SectionProblem) => void): Generator<Block> {
  let block: Block | undefined
  let isSkipping = false
  for (const [index, line] of text.split('\n').entries()) {
    const place = {line: index + 1, ...(block === undefined ? {} : {section: block.id})}
    if (line.length > longestLine) throw problemError({...place, message: `the line has more than ${longestLine} characters`})
    if (/^\s*#/.test(line)) continue
    if (line === '') {
      if (block !== undefined) yield block
      block = undefined
      isSkipping = false
      continue
    }
    if (isSkipping) continue
    const entry = /^\s+(\S+)(?:\s+(\S.*))?$/s.exec(line.trimEnd())
    if (block !== undefined) {
      if (entry !== null) block.entries.push({line: index + 1, key: entry[1] ?? '', text: entry[2]})
      else report({...place, message: `${quoteValue(line)} is not an indented 'key value'`})
      continue
    }
    const header = /^([^\s:]+):\s*(\S+)$/.exec(line.trimEnd())
    if (header !== null) {
      block = {line: index + 1, type: header[1] ?? '', id: header[2] ?? '', entries: []}
    } else {
      report({...place, message: `${quoteValue(line)} is not the head of a section ('type: id')`})
      // What stands below it belongs to no section.
      isSkipping = true
    }
  }
  if (block !== undefined) yield block
}

function readSection(block: Block, types: SectionTypes, allowUnknown: boolean, report: (problem: SectionProblem) => void): Section | undefined {
  const place = {line: block.line, section: block.id}
  const type = Object.hasOwn(types, block.type) ? types[block.type] : undefined
  if (type === undefined) {
    if (allowUnknown) return {type: block.type, id: block.id, values: collect(block.entries, () => undefined, report, block.id)}
    report({...place, message: `the type '${block.type}' is not known; known are ${Object.keys(types).join(', ')}`})
    return undefined
  }
  const values = collect(block.entries, key => Object.hasOwn(type.options, key) ? type.options[key] : {}, report, block.id)
  const {values: read, fields} = inspectParams(type.options, values, {what: `property of type '${block.type}'`})
  for (const [field, reason] of Object.entries(fields)) {
    const key = field.replace(/[.[].*$/s, '')
    report({...place, line: block.entries.find(entry => entry.key === key)?.line ?? block.line, message: `${field}: ${reason}`})
    if (!Object.hasOwn(read, key)) return undefined
    delete read[key]
  }
  return {type: block.type, id: block.id, values: read}
}

/** The entries of a section by key. A key of a list, or of an unknown section (`schemaOf` gives undefined), may repeat. */
function collect(
  entries: readonly Entry[], schemaOf: (key: string) => ValueSchema | undefined, report: (problem: SectionProblem) => void, section: string,
): Record<string, unknown> {
  const values = Object.create(null) as Record<string, unknown>
  for (const {line, key, text} of entries) {
    const schema = schemaOf(key)
    const old = values[key]
    const isList = schema?.type === 'array'
    if (old !== undefined && schema !== undefined && !isList) {
      report({line, section, message: `'${key}' stands there twice`})
      continue
    }
    // A key alone switches a boolean on.
    const value = text ?? (schema?.type === 'boolean' ? '1' : '')
    values[key] = old === undefined ? (isList ? [value] : value) : [...(Array.isArray(old) ? old as unknown[] : [old]), value]
  }
  return values
}

function problemError({line, section, message}: SectionProblem): InvalidInputError {
  return new InvalidInputError(`line ${line}${section === undefined ? '' : ` (section '${section}')`}: ${message}`, {}, {data: {line, section}})
}

/**
 * Writes sections as Proxmox VE orders them: `comment` and `disable` first, then the keys that a section must have, then the others, each
 * by name; lists repeat their key; an empty line ends a section.
 * @throws InvalidInputError for a value that is wrong or would become something else when read.
 */
export function formatSectionConfig(config: SectionConfig, types: SectionTypes): string {
  return config.map(section => formatSection(section, Object.hasOwn(types, section.type) ? types[section.type] : undefined)).join('')
}

function formatSection({type, id, values}: Section, known: SectionType | undefined): string {
  if (!/^[^\s:#]+$/.test(type) || !/^\S+$/.test(id) || /[\u0000-\u001f\u007f]/.test(type + id)) {
    throw new InvalidInputError(`${quoteValue(`${type}: ${id}`)} cannot be the head of a section`)
  }
  const options = known?.options ?? {}
  if (known !== undefined) {
    const {fields} = inspectParams(options, values, {what: `property of type '${type}'`})
    const [first] = Object.entries(fields)
    if (first !== undefined) throw new InvalidInputError(`section '${id}': ${first[0]}: ${first[1]}`, fields)
  }
  const isMust = (key: string) => options[key] !== undefined && isRequired(options[key])
  const rank = (key: string) => key === 'comment' ? 0 : key === 'disable' && known !== undefined ? 1 : isMust(key) ? 2 : 3
  const keys = Object.keys(values).filter(key => values[key] !== undefined).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return `${type}: ${id}\n${keys.map(key => formatEntry(key, values[key], known === undefined ? undefined : options[key])).join('')}\n`
}

function formatEntry(key: string, value: unknown, schema: ValueSchema | undefined): string {
  if (!/^[^\s#]\S*$/.test(key)) throw new InvalidInputError(`${quoteValue(key)} cannot be a key of a section`)
  if (key === 'disable' && schema?.type === 'boolean') return checkValue(schema, value, key) === true ? '\tdisable\n' : ''
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map(item => {
    const text = typeof item === 'boolean' ? (item ? '1' : '0') : String(item)
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text) || text.trim() !== text) {
      throw new InvalidInputError(`the value of '${key}' cannot stand in one line`, {[key]: 'must not contain line breaks, or begin or end with a space'})
    }
    return text === '' ? `\t${key}\n` : `\t${key} ${text}\n`
  }).join('')
}
