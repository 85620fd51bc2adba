// Small variable stores as OVMF writes them, for tests, with all that may be wrong with them.

export interface RecordParts {
  readonly name: string
  /** 32 hexadecimal digits. */
  readonly guid?: string
  readonly data?: Buffer
  readonly state?: number
  readonly dataBytes?: number
}

const authenticated = '782cf3aa7b949a43a1802e144ec37792'

export function efiRecord({name, guid = '61dfe48bca93d211aa0d00e098032b8c', data = Buffer.alloc(0), state = 0x3F, dataBytes = data.length}: RecordParts): Buffer {
  const nameBytes = Buffer.from(`${name}\0`, 'utf16le')
  const head = Buffer.alloc(60)
  head.writeUInt16LE(0x55AA, 0)
  head.writeUInt8(state, 2)
  head.writeUInt32LE(7, 4)
  head.writeUInt32LE(nameBytes.length, 36)
  head.writeUInt32LE(dataBytes, 40)
  head.write(guid, 44, 'hex')
  const record = Buffer.concat([head, nameBytes, data])
  return Buffer.concat([record, Buffer.alloc(-record.length & 3, 0xFF)])
}

/** A firmware volume of that size, of which the first half, less 8 KiB, has the variables. */
export function efiStore(records: readonly RecordParts[], volumeBytes = 64 * 1024): Buffer {
  const bytes = Buffer.alloc(volumeBytes, 0xFF)
  bytes.fill(0, 0, 72)
  bytes.write('8d2bf1ff96768b4ca9852747075b4f50', 16, 'hex')
  bytes.writeBigUInt64LE(BigInt(volumeBytes), 32)
  bytes.write('_FVH', 40, 'latin1')
  bytes.writeUInt16LE(72, 48)
  bytes.write(authenticated, 72, 'hex')
  bytes.writeUInt32LE(Math.max(28, volumeBytes / 2 - 8192 - 72), 88)
  bytes.writeBigUInt64LE(0n, 92)
  bytes.writeUInt16LE(0xFE5A, 92)
  Buffer.concat(records.map(efiRecord)).copy(bytes, 100)
  return withChecksum(bytes)
}

/** Puts the checksum of the head right again, so that what was damaged is looked at. */
export function withChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt16LE(0, 50)
  let sum = 0
  for (let at = 0; at < 72; at += 2) sum = (sum + bytes.readUInt16LE(at)) & 0xFFFF
  bytes.writeUInt16LE(-sum & 0xFFFF, 50)
  return bytes
}

/** The notes of a firmware that copied a store and was stopped before it had written it back. */
export function withUnfinishedCopy(store: Buffer, {isCopied = true} = {}): Buffer {
  const bytes = Buffer.from(store)
  const at = bytes.length / 2 - 4096
  bytes.write('2b29589e687c7d49a0ce6500fd9f1b95', at, 'hex')
  bytes.writeBigUInt64LE(4064n, at + 24)
  // A note that is done, and one that is not.
  for (const [index, flags] of [0xF8, 0xFC].entries()) {
    const note = at + 32 + index * 80
    bytes.writeUInt8(flags, note)
    bytes.writeBigUInt64LE(1n, note + 24)
    bytes.writeBigUInt64LE(0n, note + 32)
    bytes.writeUInt8(isCopied ? 0xFD : 0xFF, note + 40)
  }
  return bytes
}
