// One header of a tar archive, as an OVA has them (POSIX ustar, with the sizes beyond 8 GiB that GNU tar and POSIX pax write). Everything that
// is no plain file is refused, and every extension that could give a member another name, other data or holes. Pure.
import {InvalidInputError, UnsupportedError} from '../../base/index.ts'
import {checkMemberName} from './member-name.ts'

export const tarBlockBytes = 512

export interface TarHeader {
  /** `extension`: its data are records about the next header. */
  readonly kind: 'file' | 'extension'
  readonly name: string
  readonly sizeBytes: number
}

const refusedKinds: Readonly<Record<string, string>> = {
  '1': 'a hard link', '2': 'a symbolic link', '3': 'a device', '4': 'a device', '5': 'a folder', '6': 'a pipe', '7': 'a contiguous file',
  g: 'a header for all members', L: "GNU tar's long name", K: "GNU tar's long link", S: 'a sparse file', M: 'a part of a file', V: 'a label', D: 'a folder',
}
/** Records of pax about a member that say nothing of its name or its data. */
const harmlessRecords = new Set(['atime', 'ctime', 'mtime', 'uid', 'gid', 'uname', 'gname', 'comment'])
const maxRecordsBytes = 64 * 1024

/**
 * @returns undefined for the block of zeros that ends an archive
 * @throws InvalidInputError when the block is no header or names something outside, UnsupportedError for what an OVA does not hold
 */
export function parseTarHeader(block: Buffer): TarHeader | undefined {
  if (block.length !== tarBlockBytes) throw new InvalidInputError('the archive is cut off in a header')
  if (block.every((byte) => byte === 0)) return undefined
  checkSum(block)
  const magic = block.toString('latin1', 257, 263)
  if (magic !== 'ustar\0' && magic !== 'ustar ') throw new InvalidInputError('the archive is no tar archive of the format ustar')
  const written = textAt(block, 0, 100)
  const name = magic === 'ustar\0' && textAt(block, 345, 155) !== '' ? `${textAt(block, 345, 155)}/${written}` : written
  const sizeBytes = sizeAt(block)
  const type = block.toString('latin1', 156, 157)
  if (type === 'x') {
    if (sizeBytes > maxRecordsBytes) throw new InvalidInputError('a header of the archive is larger than 64 KiB')
    return {kind: 'extension', name: '', sizeBytes}
  }
  const refused = type === '0' || type === '\0' ? undefined : refusedKinds[type] ?? `of the unknown kind ${JSON.stringify(type)}`
  if (refused !== undefined) throw new UnsupportedError(`the archive holds '${name.slice(0, 80)}', which is ${refused}; an OVA holds plain files`)
  if (textAt(block, 157, 100) !== '') throw new InvalidInputError(`the archive holds '${name.slice(0, 80)}', a file that is said to be a link as well`)
  // `tar cf x.ova ./x.ovf` writes the dot.
  return {kind: 'file', name: checkMemberName(name.startsWith('./') ? name.slice(2) : name, 'the archive'), sizeBytes}
}

/**
 * What a pax header says of the next member: its size, where that is too large for the plain header. `length key=value\n` each (pax(1)).
 * @throws InvalidInputError for damaged records, UnsupportedError for one that would change the name or the data
 */
export function parsePaxRecords(data: Buffer): {readonly sizeBytes?: number} {
  let position = 0
  let sizeBytes: number | undefined
  while (position < data.length) {
    const space = data.indexOf(' ', position)
    const digits = space < 0 ? '' : data.toString('latin1', position, space)
    const end = position + Number(digits)
    const isWhole = /^[1-9]\d{0,5}$/.test(digits) && end > space && end <= data.length && data[end - 1] === 0x0a
    const record = isWhole ? data.toString('utf8', space + 1, end - 1) : ''
    const equals = record.indexOf('=')
    if (equals < 1) throw new InvalidInputError('an extended header of the archive is damaged')
    const key = record.slice(0, equals)
    if (key === 'size') sizeBytes = plainSize(record.slice(equals + 1))
    else if (!harmlessRecords.has(key)) throw new UnsupportedError(`the archive has the extended header '${key.slice(0, 64)}', which is not taken`)
    position = end
  }
  return sizeBytes === undefined ? {} : {sizeBytes}
}

function plainSize(text: string): number {
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(size)) throw new InvalidInputError(`the archive gives a file the size '${text.slice(0, 40)}'`)
  return size
}

function checkSum(block: Buffer): void {
  const field = octalAt(block, 148, 8)
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0)
  if (field !== sum) throw new InvalidInputError('the archive is damaged, or no tar archive: the checksum of a header is wrong')
}

/** Octal digits, or GNU's big-endian number whose first bit is set, for 8 GiB and more. */
function sizeAt(block: Buffer): number {
  if (((block[124] ?? 0) & 0x80) === 0) return octalAt(block, 124, 12)
  const isPositive = block[124] === 0x80 && block.subarray(125, 128).every((byte) => byte === 0)
  const size = block.readBigUInt64BE(128)
  if (!isPositive || size > BigInt(Number.MAX_SAFE_INTEGER)) throw new InvalidInputError('the archive gives a file a size that no file system can hold')
  return Number(size)
}

function octalAt(block: Buffer, offset: number, length: number): number {
  const text = block.toString('latin1', offset, offset + length)
  const digits = /^ *([0-7]{1,12})[ \0]*$/.exec(text)?.[1]
  if (digits === undefined) throw new InvalidInputError('the archive is damaged, or no tar archive: a number in a header is none')
  return Number.parseInt(digits, 8)
}

function textAt(block: Buffer, offset: number, length: number): string {
  const field = block.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}
