// VMA archives with bytes of their header and their extents changed at random, and signed anew, so that the reader believes the sums and looks at the rest: whatever they
// say, nothing but a refusal in our own words comes of it, and no byte lies outside a disk.
import {createHash} from 'node:crypto'
import {Readable} from 'node:stream'
import {expect, it} from 'vitest'
import {AppError, systemClock} from '../../../../src/lib/base/index.ts'
import {readVmaHeader, vmaPieces} from '../../../../src/lib/storage/archive/vma-data.ts'
import type {RandomSource} from '../../../support/rounds.ts'
import {randomSource, scaledCount} from '../../../support/rounds.ts'
import {vmaArchive} from '../../../support/vma-archive.ts'

const waits = {clock: systemClock, signal: new AbortController().signal}
const clusterBytes = 65_536
/** A block in each cluster, and an odd end. */
const sparse = (sizeBytes: number): Buffer => {
  const data = Buffer.alloc(sizeBytes)
  for (let at = 0; at < sizeBytes; at += clusterBytes) data[at] = 1
  return data
}
const good = vmaArchive({
  configs: [{name: 'qemu-server.conf', text: 'memory: 64\n'}, {name: 'qemu-server.fw', text: '[OPTIONS]\n'}],
  disks: [{name: 'drive-scsi0', data: sparse(3 * clusterBytes)}, {name: 'drive-efidisk0', data: sparse(clusterBytes + 512)}, {name: 'vmstate', data: sparse(clusterBytes)}],
})
const extentAt = good.indexOf('VMAE')
const signedParts = [{start: 0, end: extentAt, digest: 32}, {start: extentAt, end: extentAt + 512, digest: 24}] as const
/** Where the format has something: fields of the header, places of configurations and disks, what they point at; fields of an extent and its table. */
const fields = [[0, 60], [2044, 2056], [3068, 3080], [4096, 4240], [12_288, extentAt], [extentAt, extentAt + 100], [0, good.length]] as const

function change(archive: Buffer, random: RandomSource): void {
  for (let count = random.between(1, 6); count > 0; count--) {
    const [low, high] = fields[random.between(0, fields.length - 1)] ?? [0, 1]
    const at = random.between(low, high - 1)
    const width = Math.min(random.between(1, 8), archive.length - at)
    const kind = random.between(0, 3)
    for (let index = at; index < at + width; index++) archive[index] = kind === 0 ? 0 : kind === 1 ? 0xff : kind === 2 ? (archive[index] ?? 0) + 1 : random.between(0, 255)
  }
}

function sign(archive: Buffer): void {
  for (const {start, end, digest} of signedParts) {
    const part = archive.subarray(start, end)
    part.fill(0, digest, digest + 16)
    createHash('md5').update(part).digest().copy(part, digest)
  }
}

/** What the reader makes of it. @throws when a piece lies outside its disk, or comes twice */
async function read(archive: Buffer): Promise<'whole' | 'refused'> {
  const stream = Readable.from([archive], {objectMode: false})
  try {
    const header = await readVmaHeader(stream, waits)
    const disks = new Map(header.disks.map(({number, sizeBytes}) => [number, {sizeBytes, seen: new Set<number>()}]))
    for await (const {disk: number, offset, lengthBytes, data} of vmaPieces(stream, header, waits)) {
      const disk = disks.get(number)
      const isOutside = disk === undefined || offset < 0 || lengthBytes <= 0 || offset + lengthBytes > disk.sizeBytes || (data !== undefined && data.length !== lengthBytes)
      if (isOutside || disk.seen.has(offset)) throw new Error(`a piece of disk ${number} at ${offset}, ${lengthBytes} bytes long, should not be`)
      disk.seen.add(offset)
    }
    return 'whole'
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'internal') throw error
    return 'refused'
  } finally {
    stream.destroy()
  }
}

it('nothing comes of archives that are changed at random', async () => {
  expect(await read(Buffer.from(good))).toBe('whole')
  const random = randomSource('changed VMA archives')
  const counts = {whole: 0, refused: 0}
  for (let round = scaledCount(10_000); round > 0; round--) {
    const archive = Buffer.from(good)
    change(archive, random)
    if (random.between(0, 9) > 0) sign(archive)
    const cut = random.between(0, 19) === 0 ? archive.subarray(0, random.between(0, archive.length)) : archive
    counts[await read(cut)]++
  }
  console.log(`changed VMA archives: ${counts.refused} refused, ${counts.whole} whole`)
  expect(Math.min(counts.whole, counts.refused)).toBeGreaterThan(0)
}, 60_000 * scaledCount(2))
