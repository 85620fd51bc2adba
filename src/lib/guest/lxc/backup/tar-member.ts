// One small file as a member of a tar archive (pax(1), "ustar Interchange Format"). The configuration goes before all else in an archive and is laid out here:
// what is to be left out of the container's files could otherwise take it along. Pure.
import {AppError} from '../../../base/index.ts'

const blockBytes = 512
/** tar(1) writes and pads to whole records of 20 blocks. */
export const recordBytes = 20 * blockBytes

/** @param mtimeSeconds of the Unix epoch. Owner and group are root. @throws AppError for a name that does not fit, which is a bug */
export function tarMember(name: string, data: Buffer, mtimeSeconds: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new AppError('internal', `'${name}' is too long for a member of an archive`)
  const header = Buffer.alloc(blockBytes)
  header.write(name, 0, 'utf8')
  const octal = (value: number, offset: number, digits: number) => header.write(value.toString(8).padStart(digits, '0'), offset, 'latin1')
  octal(0o640, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(data.length, 124, 11)
  octal(mtimeSeconds, 136, 11)
  header.write('0', 156, 'latin1')
  header.write('ustar\0' + '00', 257, 'latin1')
  // The sum of all bytes, with spaces in its own place.
  header.fill(0x20, 148, 156)
  octal(header.reduce((sum, byte) => sum + byte, 0), 148, 6)
  header[154] = 0
  return Buffer.concat([header, data, Buffer.alloc(-data.length & blockBytes - 1)])
}
