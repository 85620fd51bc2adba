// The members of a tar archive, read from a stream to its end, a bounded piece at a time. Content that nobody takes is passed over. The archive is believed nothing:
// each header has a checksum, sizes are bounded by what comes, and the end has to be marked (tar(5), "ustar"; the sparse files of GNU tar, "Storing Sparse Files").
import type {Readable} from 'node:stream'
import {InvalidInputError} from '../../base/index.ts'
import {parseTarBlock} from '../../storage/index.ts'
import {readBytes} from '../../storage/transfer/stream-bytes.ts'
import type {StreamWaits} from '../../storage/transfer/stream-bytes.ts'

const blockBytes = 512
const pieceBytes = 1024 * 1024
const maxPaxBytes = 1024 * 1024
/** Where a sparse file of GNU's old form says that more of its map follows, in its header and in a block of that map. */
const mapGoesOn = {inHeader: 482, inMap: 504} as const

export interface TarMember {
  /** Its whole name, from wherever that stands. */
  readonly name: string
  /** As the header has it: `0` or a zero byte is a file, `5` a folder. */
  readonly type: string
  /** As stored: holes take no room. */
  readonly sizeBytes: number
  /** As a guest sees it. */
  readonly fileBytes: number
  /** In seconds since 1970. */
  readonly modifiedAt: number
  /** Of a link, what it leads to. */
  readonly target: string
  /** The headers as they stand in the archive, for whoever passes the member on. */
  readonly heads: readonly Buffer[]
  /** What follows them, filled up to whole blocks. To be read before the next member is asked for, or not at all. */
  content(): AsyncGenerator<Buffer>
}

/** What headers of their own say about the next member. */
interface Told { readonly [key: string]: string }

/** Types whose header is followed by content. */
const withContent: ReadonlySet<string> = new Set(['0', '\0', '7', 'S'])

/** @throws InvalidInputError when the archive is damaged or ends too early */
export async function* readTarMembers(from: Readable, waits: StreamWaits): AsyncGenerator<TarMember> {
  let told: Told = {}
  let heads: Buffer[] = []
  let members = 0
  for (;;) {
    const block = await readBytes(from, blockBytes, waits)
    if (block.length === 0 && members > 0) throw new InvalidInputError('the archive is cut off: its end is missing')
    const header = parseTarBlock(block)
    if (header === undefined) break
    members++
    const {type} = header
    heads.push(block)
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (header.sizeBytes > maxPaxBytes || heads.length > 64) throw new InvalidInputError('the archive is damaged: it says too much about one file')
      const {data, blocks} = await readWhole(from, header.sizeBytes, waits)
      heads.push(blocks)
      if (type === 'x') told = {...told, ...paxRecords(data)}
      else if (type !== 'g') told = {...told, [type === 'L' ? 'path' : 'linkpath']: untilZero(data)}
      continue
    }
    let goesOn = type === 'S' && block[mapGoesOn.inHeader] === 1
    while (goesOn) {
      const {blocks} = await readWhole(from, blockBytes, waits)
      heads.push(blocks)
      goesOn = blocks[mapGoesOn.inMap] === 1
    }
    const sizeBytes = withContent.has(type) ? countOf(told['size']) ?? header.sizeBytes : 0
    let rest = Math.ceil(sizeBytes / blockBytes) * blockBytes
    const content = async function* (): AsyncGenerator<Buffer> {
      while (rest > 0) {
        const piece = await readBytes(from, Math.min(rest, pieceBytes), waits)
        if (piece.length === 0) throw new InvalidInputError('the archive is cut off in the middle of a file')
        rest -= piece.length
        yield piece
      }
    }
    yield {
      name: told['GNU.sparse.name'] ?? told['path'] ?? header.name, type, sizeBytes, fileBytes: countOf(told['GNU.sparse.realsize']) ?? sizeBytes,
      modifiedAt: Math.trunc(Number(told['mtime'] ?? header.modifiedAt)) || 0, target: told['linkpath'] ?? header.link, heads, content,
    }
    while (rest > 0) for await (const piece of content()) void piece
    told = {}
    heads = []
  }
  // Behind the mark of the end zeros fill up the last record; the stream has to be read to its end, so that what opens it can say that all is well.
  while ((await readBytes(from, pieceBytes, waits)).length > 0) { /* passed over */ }
}

/** With what fills up the last block. */
async function readWhole(from: Readable, sizeBytes: number, waits: StreamWaits): Promise<{data: Buffer; blocks: Buffer}> {
  const wholeBytes = Math.ceil(sizeBytes / blockBytes) * blockBytes
  const blocks = await readBytes(from, wholeBytes, waits)
  if (blocks.length < wholeBytes) throw new InvalidInputError('the archive is cut off')
  return {data: blocks.subarray(0, sizeBytes), blocks}
}

/** Pure: the records of a pax header that are read here, each `LENGTH KEY=VALUE` in a line (pax(1)). Values of others may be any bytes. */
function paxRecords(data: Buffer): Told {
  const found: Record<string, string> = {}
  for (let position = 0; position < data.length;) {
    const length = /^(\d{1,7}) /.exec(data.toString('latin1', position, position + 8))?.[1]
    const end = position + Number(length ?? 0)
    if (length === undefined || end <= position + length.length + 1 || end > data.length) break
    const record = data.toString('utf8', position + length.length + 1, end - 1)
    const equals = record.indexOf('=')
    const key = record.slice(0, equals)
    if (['path', 'linkpath', 'size', 'mtime', 'GNU.sparse.name', 'GNU.sparse.realsize'].includes(key)) found[key] = record.slice(equals + 1)
    position = end
  }
  return found
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function untilZero(data: Buffer): string {
  const end = data.indexOf(0)
  return data.toString('utf8', 0, end < 0 ? data.length : end)
}
