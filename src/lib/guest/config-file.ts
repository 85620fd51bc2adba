// Reading and writing <vmid>.conf of guests of both types as Proxmox VE does: `key: value` lines sorted by key, the description as URL-encoded
// comment lines on top, then [PENDING], [special:NAME] and snapshot sections. Values stay text, and what keys mean is not known here: where the
// types differ, a dialect says how.
import {InvalidInputError} from '../base/index.ts'
import type {ConfigSection, GuestConfig, RawLine} from './guest-config.ts'

/** Bounds of what is read at all; the store's files end at 1 MiB. */
const longestFile = 1024 * 1024
const longestLine = 64 * 1024
const mostSections = 1024

const keyPattern = /^[a-z][a-z0-9_-]{0,63}$/i
const snapshotPattern = /^[a-z][a-z0-9_-]{1,39}$/i

export interface ParseOptions {
  /** Called for each line that cannot be read, which is then dropped. Without it such a line is an error. */
  readonly warn?: (message: string) => void
}

/** In what the files of the types of guests differ. */
export interface ConfigDialect {
  /** Reads a line that is no `key: value`, such as `lxc.idmap = u 0 100000 65536`. Its key may stand there several times. */
  readonly readRawLine?: (line: string) => RawLine | undefined
  /** Keys whose values are lists with NUL characters between their parts. The store takes none: there they are unit separators (U+001F), which are read as such as well. */
  readonly listKeys?: readonly string[]
  /** The section of changes that wait, as its header names it. Default: `PENDING`, in any case. */
  readonly pendingHeader?: string
  /** An entry as it is kept, where it has another form in old files. */
  readonly readEntry?: (key: string, value: string) => readonly [key: string, value: string]
}

interface OpenSection { readonly values: Record<string, string>; readonly comment: string[]; readonly raw: RawLine[] }

/**
 * @throws InvalidInputError naming the line that cannot be read; nothing is dropped silently
 */
export function parseGuestConfig(text: string, dialect: ConfigDialect, options: ParseOptions = {}): GuestConfig {
  if (Buffer.byteLength(text) > longestFile) throw new InvalidInputError('the configuration is larger than 1 MiB')
  const complain = options.warn ?? ((message: string) => { throw new InvalidInputError(message) })
  const sections = new Map<string, OpenSection>()
  const openSection = (name: string, shown: string) => {
    if (sections.has(name)) complain(`the section '${shown}' stands there twice`)
    if (sections.size >= mostSections) throw new InvalidInputError(`the configuration has more than ${mostSections} sections`)
    const section: OpenSection = {values: Object.create(null) as Record<string, string>, comment: [], raw: []}
    sections.set(name, section)
    return section
  }
  let section: OpenSection | undefined = openSection('', 'current')
  for (const [index, line] of text.split('\n').entries()) {
    const place = `line ${index + 1}`
    if (line.length > longestLine) throw new InvalidInputError(`${place} of the configuration is longer than ${longestLine} characters`)
    if (line.trim() === '') continue
    const isList = dialect.listKeys?.some((key) => line.startsWith(`${key}:`)) === true
    const checked = isList ? line.replace(/[\0\u001f]/g, '') : line
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(checked)) { complain(`${place} of the configuration holds control characters`); continue }
    const header = /^\[([^\]]+)\]\s*$/.exec(line)
    if (header !== null) {
      const name = sectionName(header[1] ?? '', dialect)
      if (name === undefined) complain(`${place} of the configuration: '${header[1] ?? ''}' is not the name of a section`)
      section = name === undefined ? undefined : openSection(name, header[1] ?? '')
      continue
    }
    // What stands below a header that cannot be read belongs to nobody.
    if (section === undefined) continue
    if (line.startsWith('#')) { section.comment.push(decodeText(line.slice(1))); continue }
    const raw = dialect.readRawLine?.(line)
    if (raw !== undefined) { section.raw.push(raw); continue }
    const entry = /^([a-z][a-z0-9_-]*):\s*(\S|\S.*\S)\s*$/is.exec(line)
    if (entry === null || !keyPattern.test(entry[1] ?? '')) { complain(`${place} of the configuration is not 'key: value'`); continue }
    addEntry(section, entry[1] ?? '', isList ? (entry[2] ?? '').replaceAll('\u001f', '\0') : entry[2] ?? '', {dialect, place, complain})
  }
  return toConfig(sections)
}

const usualPendingHeader = 'PENDING'

/** The key under which a section is kept while reading, or undefined when the header is not one. */
function sectionName(header: string, {pendingHeader = usualPendingHeader}: ConfigDialect): string | undefined {
  if (header.toLowerCase() === pendingHeader.toLowerCase()) return 'PENDING'
  if (/^special:[a-z][a-z0-9_-]{0,39}$/i.test(header)) return header
  return snapshotPattern.test(header) ? `snapshot:${header}` : undefined
}

interface Reading {
  readonly dialect: ConfigDialect
  readonly place: string
  readonly complain: (message: string) => void
}

function addEntry(section: OpenSection, key: string, value: string, {dialect, place, complain}: Reading): void {
  if (key === 'description') { section.comment.push(...decodeText(value).split('\n')); return }
  const [name, kept] = dialect.readEntry?.(key, value) ?? [key, value]
  if (name in section.values) complain(`${place} of the configuration sets '${name}' a second time`)
  section.values[name] = kept
}

function toConfig(sections: ReadonlyMap<string, OpenSection>): GuestConfig {
  const snapshots = Object.create(null) as Record<string, ConfigSection>
  const special = Object.create(null) as Record<string, ConfigSection>
  for (const [name, section] of sections) {
    if (name.startsWith('snapshot:')) snapshots[name.slice('snapshot:'.length)] = toSection(section)
    if (name.startsWith('special:')) special[name] = toSection(section)
  }
  const pendingSection = sections.get('PENDING')
  const {delete: deleted, ...pending} = pendingSection?.values ?? {}
  const pendingDescription = pendingSection === undefined ? undefined : commentText(pendingSection.comment)
  return {
    current: toSection(sections.get('') ?? {values: {}, comment: [], raw: []}),
    pending: pendingDescription === undefined ? pending : {...pending, description: pendingDescription},
    pendingDelete: parsePendingDelete(deleted ?? ''),
    snapshots, special,
  }
}

function toSection(section: OpenSection): ConfigSection {
  const description = commentText(section.comment)
  return {values: section.values, ...(description === undefined ? {} : {description}), ...(section.raw.length === 0 ? {} : {raw: section.raw})}
}

function commentText(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : lines.join('\n').trimEnd()
}

/** Reads the value of `delete:` in [PENDING] (`net0,!scsi1`): keys to be deleted, with ! where the volume of a drive goes too. */
export function parsePendingDelete(text: string): GuestConfig['pendingDelete'] {
  const keys = Object.create(null) as Record<string, {force: boolean}>
  for (const word of text.split(/[,;\s]+/)) {
    if (word !== '') keys[word.replace(/^!/, '')] = {force: word.startsWith('!')}
  }
  return keys
}

/**
 * The reverse of parsePendingDelete, keys sorted; empty when there is nothing to delete.
 * @throws InvalidInputError for a key that would be read as another one, or as several
 */
export function formatPendingDelete(keys: GuestConfig['pendingDelete']): string {
  return Object.keys(keys).sort().map(key => {
    const isForced = keys[key]?.force === true
    if (/[,;\s]/.test(key) || (!isForced && (key === '' || key.startsWith('!')))) throw new InvalidInputError(`'${key.slice(0, 64)}' is not a key of a configuration file`)
    return isForced ? `!${key}` : key
  }).join(',')
}

/**
 * @throws InvalidInputError for a key or value that would become something else when read again (line breaks, control characters)
 */
export function formatGuestConfig(config: GuestConfig, dialect: ConfigDialect = {}): string {
  const whole = ({values, description, raw = []}: ConfigSection) => formatSection(values, description, dialect) + raw.map(formatRawLine).join('')
  let text = whole(config.current)
  const {description: pendingDescription, ...pending} = config.pending
  const deleted = formatPendingDelete(config.pendingDelete)
  const pendingValues = deleted === '' ? pending : {...pending, delete: deleted}
  if (Object.keys(pendingValues).length > 0 || pendingDescription !== undefined) {
    text += `\n[${dialect.pendingHeader ?? usualPendingHeader}]\n${formatSection(pendingValues, pendingDescription, dialect, true)}`
  }
  for (const [name, section] of sorted(config.special)) {
    if (!/^special:[a-z][a-z0-9_-]{0,39}$/i.test(name)) throw new InvalidInputError(`'${name}' is not the name of a special section`)
    text += `\n[${name}]\n${whole(section)}`
  }
  for (const [name, section] of sorted(config.snapshots)) {
    if (!snapshotPattern.test(name)) throw new InvalidInputError(`'${name}' is not the name of a snapshot`)
    text += `\n[${name}]\n${whole(section)}`
  }
  return text
}

function formatRawLine([key, value]: RawLine): string {
  if (!/^[a-z][a-z0-9_.-]*$/.test(key)) throw new InvalidInputError(`'${key.slice(0, 64)}' is not a key of a configuration file`)
  if (value.trim() !== value || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) throw new InvalidInputError(`the value of '${key}' holds line breaks or control characters`, {[key]: 'holds line breaks or control characters'})
  return `${key}: ${value}\n`
}

function formatSection(values: Readonly<Record<string, string>>, description: string | undefined, dialect: ConfigDialect, isPending = false): string {
  const lines: string[] = []
  if (description !== undefined && description !== '') lines.push(...description.trimEnd().split('\n').map(line => `#${encodeText(line)}`))
  else if (description !== undefined && isPending) lines.push('#')
  for (const [key, value] of sorted(values)) {
    if (!keyPattern.test(key) || key === 'description') throw new InvalidInputError(`'${key.slice(0, 64)}' is not a key of a configuration file`)
    // A tab within a value is read, so it must be written: a file that somebody has edited can still be changed.
    const isList = dialect.listKeys?.includes(key) === true
    const checked = isList ? value.replace(/[\0\n]/g, '') : value
    if (value.trim() !== value || value === '' || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(checked)) {
      throw new InvalidInputError(
        `the value of '${key}' is empty or holds line breaks, control characters or spaces at its ends`,
        {[key]: 'holds line breaks or control characters'},
      )
    }
    lines.push(`${key}: ${isList ? value.replace(/[\0\n]/g, '\u001f') : value}`)
  }
  return lines.map(line => `${line}\n`).join('')
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Text as it stands in comment lines, which keep printable ASCII but % and `:`; everything else is %XX of its UTF-8 bytes, as Proxmox VE writes it. */
export function encodeText(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map(byte => (isKept(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`))
    .join('')
}

function isKept(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && byte !== 0x3a
}

function decodeText(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1').replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
