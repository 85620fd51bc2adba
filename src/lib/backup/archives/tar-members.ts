// The members of a tar archive, read from a stream to its end, a bounded piece at a time. Their content is passed over. The archive is believed nothing: each
// header has a checksum, sizes are bounded by what comes, and the end has to be marked (tar(5), "ustar"; the sparse files of GNU tar, "Storing Sparse Files").
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
  readonly name: string
  /** As the header has it: `0` or a zero byte is a file, `5` a folder. */
  readonly type: string
  /** As stored: holes take no room. */
  readonly sizeBytes: number
}

/** Types whose header is followed by content. */
const withContent: ReadonlySet<string> = new Set(['0', '\0', '7', 'S'])

/** @throws InvalidInputError when the archive is damaged or ends too early */
export async function* readTarMembers(from: Readable, waits: StreamWaits): AsyncGenerator<TarMember> {
  let paxSizeBytes: number | undefined
  let members = 0
  for (;;) {
    const block = await readBytes(from, blockBytes, waits)
    if (block.length === 0 && members > 0) throw new InvalidInputError('the archive is cut off: its end is missing')
    const header = parseTarBlock(block)
    if (header === undefined) break
    members++
    const {name, type} = header
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (header.sizeBytes > maxPaxBytes) throw new InvalidInputError('the archive is damaged: it says too much about one file')
      const data = await readWhole(from, header.sizeBytes, waits)
      if (type === 'x') paxSizeBytes = paxSize(data) ?? paxSizeBytes
      continue
    }
    let goesOn = type === 'S' && block[mapGoesOn.inHeader] === 1
    while (goesOn) goesOn = (await readWhole(from, blockBytes, waits))[mapGoesOn.inMap] === 1
    const sizeBytes = withContent.has(type) ? paxSizeBytes ?? header.sizeBytes : 0
    paxSizeBytes = undefined
    await passOver(from, sizeBytes, waits)
    yield {name, type, sizeBytes}
  }
  // Behind the mark of the end zeros fill up the last record; the stream has to be read to its end, so that what opens it can say that all is well.
  while ((await readBytes(from, pieceBytes, waits)).length > 0) { /* passed over */ }
}

/** Its content and what fills up the last block. */
async function passOver(from: Readable, sizeBytes: number, waits: StreamWaits): Promise<void> {
  for (let rest = Math.ceil(sizeBytes / blockBytes) * blockBytes; rest > 0;) {
    const piece = await readBytes(from, Math.min(rest, pieceBytes), waits)
    if (piece.length === 0) throw new InvalidInputError('the archive is cut off in the middle of a file')
    rest -= piece.length
  }
}

async function readWhole(from: Readable, sizeBytes: number, waits: StreamWaits): Promise<Buffer> {
  const wholeBytes = Math.ceil(sizeBytes / blockBytes) * blockBytes
  const data = await readBytes(from, wholeBytes, waits)
  if (data.length < wholeBytes) throw new InvalidInputError('the archive is cut off')
  return data.subarray(0, sizeBytes)
}

/** The record `size` of a pax header, `LENGTH size=BYTES` in a line. */
function paxSize(data: Buffer): number | undefined {
  const found = /(?:^|\n)\d{1,3} size=(\d{1,15})\n/.exec(data.toString('latin1'))?.[1]
  return found === undefined ? undefined : Number(found)
}
