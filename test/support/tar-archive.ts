// Tar archives for tests, good ones and bad ones.

export interface TarEntry {
  readonly name: string
  readonly data?: string | Buffer
  /** The kind of member, '0' for a file. */
  readonly type?: string
  readonly link?: string
  /** The size as the header has it, where it is not that of the data. */
  readonly size?: number
  /** Bytes that are put over the header, by their place, before its checksum is made. */
  readonly patch?: Readonly<Record<number, string | Buffer>>
  readonly checksum?: number
}

export function tarArchive(entries: readonly TarEntry[], end = Buffer.alloc(1024)): Buffer {
  return Buffer.concat([...entries.map(tarEntry), end])
}

function tarEntry({name, data = '', type = '0', link = '', size, patch = {}, checksum}: TarEntry): Buffer {
  const body = Buffer.from(data)
  const header = Buffer.alloc(512)
  header.write(name, 0, 100)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${(size ?? body.length).toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(link, 157, 100)
  header.write('ustar\x0000', 257)
  for (const [offset, bytes] of Object.entries(patch)) Buffer.from(bytes).copy(header, Number(offset))
  const sum = checksum ?? header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, body, Buffer.alloc((512 - body.length % 512) % 512)])
}

/** A record of pax as it stands in an extended header. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const length = [1, 2, 3].map((digits) => rest.length + digits).find((total) => String(total).length === total - rest.length) ?? 0
  return `${length}${rest}`
}
