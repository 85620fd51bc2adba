// Numbers, texts and records as ISO 9660 (ECMA-119) and Rock Ridge (IEEE P1282) write them. Pure.

export const sectorBytes = 2048

/** A number of 32 bits, the low byte first and then once more the other way round. */
export function both32(value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeUInt32LE(value, 0)
  buffer.writeUInt32BE(value, 4)
  return buffer
}

export function both16(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt16LE(value, 0)
  buffer.writeUInt16BE(value, 2)
  return buffer
}

export function sectorsOf(bytes: number): number {
  return Math.ceil(bytes / sectorBytes)
}

/** The same date for all files, so that the same settings give the same image: the first day of 2000. */
const recordDate = Buffer.from([100, 1, 1, 0, 0, 0, 0])
/** "Not specified", as the volume's own dates. */
export const noVolumeDate = Buffer.concat([Buffer.alloc(16, '0'), Buffer.alloc(1)])

export interface RecordFields {
  readonly name: Buffer
  readonly sector: number
  readonly bytes: number
  readonly isFolder: boolean
  /** The Rock Ridge fields behind it. */
  readonly systemUse: Buffer
}

/** A directory record (ECMA-119, 9.1), of even length. */
export function directoryRecord({name, sector, bytes, isFolder, systemUse}: RecordFields): Buffer {
  const padding = Buffer.alloc(name.length % 2 === 0 ? 1 : 0)
  const even = Buffer.alloc(systemUse.length % 2)
  const length = 33 + name.length + padding.length + systemUse.length + even.length
  return Buffer.concat([
    Buffer.from([length, 0]), both32(sector), both32(bytes), recordDate, Buffer.from([isFolder ? 2 : 0, 0, 0]), both16(1), Buffer.from([name.length]), name,
    padding, systemUse, even,
  ])
}

/** Only root of the guest reads what may hold a password. */
const folderMode = 0o040500
const fileMode = 0o100400

export function modeField(isFolder: boolean): Buffer {
  return field('PX', Buffer.concat([both32(isFolder ? folderMode : fileMode), both32(isFolder ? 2 : 1), both32(0), both32(0)]))
}

export function nameField(name: string): Buffer {
  return field('NM', Buffer.concat([Buffer.from([0]), Buffer.from(name, 'utf8')]))
}

/** In the root's own record: that Rock Ridge is used at all, and which. */
export function rockRidgeFields(): Buffer {
  const id = Buffer.from('RRIP_1991A', 'latin1')
  const description = Buffer.from('THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS', 'latin1')
  return Buffer.concat([
    field('SP', Buffer.from([0xbe, 0xef, 0])), modeField(true),
    field('ER', Buffer.concat([Buffer.from([id.length, description.length, 0, 1]), id, description])),
  ])
}

function field(signature: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(signature, 'latin1'), Buffer.from([4 + data.length, 1]), data])
}
