// Finds small files by their names at the beginning of a tar archive, where vzdump puts the configuration of a container. Everything else in
// it is passed over, not looked into; the archive is a stranger's. Pure.
import {InvalidInputError} from '../../base/index.ts'

const blockBytes = 512
const maxMembers = 1000
const maxPaxBytes = 1024 * 1024

/** `isOver`: what was asked for is not in what was looked at, and the rest of the archive need not be looked at. */
export interface TarFind { readonly data?: Buffer; readonly isOver: boolean }

/**
 * @param start the first bytes of the plain archive; with more of them the answer may be another
 * @param name as vzdump writes it, without `./` before it
 * @throws InvalidInputError when it is no tar archive
 */
export function findInTar(start: Buffer, name: string, maxBytes: number): TarFind {
  let position = 0
  let told: PaxRecords = {}
  for (let members = 0; members < maxMembers; members++) {
    const block = start.subarray(position, position + blockBytes)
    if (block.length < blockBytes) return {isOver: false}
    if (block.every((byte) => byte === 0)) return {isOver: true}
    const type = block.toString('latin1', 156, 157)
    const isAbout = type === 'x' || type === 'L' || type === 'K'
    const sizeBytes = isAbout ? sizeOf(block) : told.sizeBytes ?? sizeOf(block)
    const isFile = type === '0' || type === '\0'
    const data = position + blockBytes
    if (isFile && !told.isLongNamed && (told.path ?? nameOf(block)).replace(/^\.\//, '') === name) {
      if (sizeBytes > maxBytes) throw new InvalidInputError(`'${name}' in the archive has ${sizeBytes} bytes, which no configuration has`)
      return start.length < data + sizeBytes ? {isOver: false} : {data: start.subarray(data, data + sizeBytes), isOver: true}
    }
    // What these say is about the next member, which may have another name than its header says.
    if (type === 'x') {
      if (sizeBytes > maxPaxBytes) throw new InvalidInputError('the archive is damaged: it says too much about one file')
      told = {...told, ...readPaxRecords(start.subarray(data, data + sizeBytes))}
    } else if (isAbout) told = {...told, isLongNamed: type === 'L' || told.isLongNamed === true}
    else told = {}
    position = data + (isFile || isAbout || type === 'g' || type === '7' ? Math.ceil(sizeBytes / blockBytes) * blockBytes : 0)
  }
  return {isOver: true}
}

interface TarBlock {
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
  /** What a link leads to. */
  readonly link: string
  /** In seconds since 1970; 0 where that cannot be read. */
  readonly modifiedAt: number
}

/** Pure: what one header says; undefined for the block of zeros at the end. @throws InvalidInputError when it is none */
export function parseTarBlock(block: Buffer): TarBlock | undefined {
  if (block.length < blockBytes) throw new InvalidInputError('the archive is cut off')
  if (block.every((byte) => byte === 0)) return undefined
  const modifiedAt = textAt(block, 136, 12).trim()
  return {
    name: nameOf(block), type: block.toString('latin1', 156, 157), sizeBytes: sizeOf(block), link: textAt(block, 157, 100),
    modifiedAt: /^[0-7]{1,12}$/.test(modifiedAt) ? parseInt(modifiedAt, 8) : 0,
  }
}

/** What stands before a member in headers of their own. */
interface PaxRecords { readonly path?: string; readonly sizeBytes?: number; readonly isLongNamed?: boolean }

/** The records of a pax header, `LENGTH KEY=VALUE` a line (pax(1)); tar of GNU writes one for each file where access lists are kept. */
function readPaxRecords(data: Buffer): PaxRecords {
  const found: {path?: string; sizeBytes?: number} = {}
  for (let position = 0; position < data.length;) {
    const length = /^(\d{1,7}) /.exec(data.toString('latin1', position, position + 8))?.[1]
    const end = position + Number(length ?? 0)
    // Beyond what was looked at: the caller looks at more.
    if (length === undefined || end <= position + length.length + 1 || end > data.length) break
    const record = data.toString('utf8', position + length.length + 1, end - 1)
    const equals = record.indexOf('=')
    const value = record.slice(equals + 1)
    if (record.slice(0, equals) === 'path') found.path = value
    if (record.slice(0, equals) === 'size' && /^\d{1,15}$/.test(value)) found.sizeBytes = Number(value)
    position = end
  }
  return found
}

function nameOf(block: Buffer): string {
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textAt(block, 345, 155) : ''
  return prefix === '' ? textAt(block, 0, 100) : `${prefix}/${textAt(block, 0, 100)}`
}

/** Octal, or with the first bit set the number itself (GNU tar). */
function sizeOf(block: Buffer): number {
  const text = textAt(block, 124, 12).trim()
  const sum = [...block].reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0)
  const isTar = block.toString('latin1', 257, 262) === 'ustar' && parseInt(textAt(block, 148, 8).trim(), 8) === sum
  const sizeBytes = (block[124] ?? 0) >= 0x80 ? Number(block.readBigUInt64BE(128)) : /^[0-7]{1,12}$/.test(text) ? parseInt(text, 8) : text === '' ? 0 : NaN
  if (!isTar || !Number.isSafeInteger(sizeBytes)) throw new InvalidInputError('the archive is damaged, or no tar archive')
  return sizeBytes
}

function textAt(block: Buffer, offset: number, length: number): string {
  const field = block.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}
