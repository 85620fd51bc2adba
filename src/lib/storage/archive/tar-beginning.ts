// Finds small files by their names at the beginning of a tar archive, where vzdump puts the configuration of a container. Everything else in
// it is passed over, not looked into; the archive is a stranger's. Pure.
import {InvalidInputError} from '../../base/index.ts'

const blockBytes = 512
const maxMembers = 1000

/** `isOver`: what was asked for is not in what was looked at, and the rest of the archive need not be looked at. */
export interface TarFind { readonly data?: Buffer; readonly isOver: boolean }

/**
 * @param start the first bytes of the plain archive; with more of them the answer may be another
 * @param name as vzdump writes it, without `./` before it
 * @throws InvalidInputError when it is no tar archive
 */
export function findInTar(start: Buffer, name: string, maxBytes: number): TarFind {
  let position = 0
  let isRenamed = false
  for (let members = 0; members < maxMembers; members++) {
    const block = start.subarray(position, position + blockBytes)
    if (block.length < blockBytes) return {isOver: false}
    if (block.every((byte) => byte === 0)) return {isOver: true}
    const sizeBytes = sizeOf(block)
    const type = block.toString('latin1', 156, 157)
    const isFile = type === '0' || type === '\0'
    const own = textAt(block, 345, 155) === '' || block.toString('latin1', 257, 263) !== 'ustar\0' ? textAt(block, 0, 100) : `${textAt(block, 345, 155)}/${textAt(block, 0, 100)}`
    const data = position + blockBytes
    if (isFile && !isRenamed && own.replace(/^\.\//, '') === name) {
      if (sizeBytes > maxBytes) throw new InvalidInputError(`'${name}' in the archive has ${sizeBytes} bytes, which no configuration has`)
      return start.length < data + sizeBytes ? {isOver: false} : {data: start.subarray(data, data + sizeBytes), isOver: true}
    }
    // What these say is about the next member, which may have another name than its header says.
    isRenamed = type === 'x' || type === 'L' || type === 'K'
    position = data + (isFile || isRenamed || type === 'g' || type === '7' ? Math.ceil(sizeBytes / blockBytes) * blockBytes : 0)
  }
  return {isOver: true}
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
