// The data of VMA archives: what is read of good ones, in any order, and that nothing of bad ones is believed.
import {createHash} from 'node:crypto'
import {Readable} from 'node:stream'
import {describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {readVmaHeader, vmaPieces} from '../../../../src/lib/storage/archive/vma-data.ts'
import {vmaArchive} from '../../../support/vma-archive.ts'
import type {ArchiveWish, TestDisk} from '../../../support/vma-archive.ts'

const waits = {clock: systemClock, signal: new AbortController().signal}
const configs = [{name: 'qemu-server.conf', text: 'memory: 64\n'}]

/** Bytes that are the same in every run: runs of zeros between blocks of digests. */
function content(sizeBytes: number, seed: string): Buffer {
  const data = Buffer.alloc(sizeBytes)
  for (let offset = 0, round = 0; offset < sizeBytes; offset += 4096 * (1 + round % 5), round++) createHash('sha512').update(`${seed}${round}`).digest().copy(data, offset)
  return data
}

const disks: readonly TestDisk[] = [{name: 'drive-scsi0', data: content(5 * 1024 * 1024 + 512, 'a')}, {name: 'drive-efidisk0', data: content(540_672, 'b')}, {name: 'drive-scsi1', data: Buffer.alloc(0)}]

async function read(archive: Buffer, chunkBytes = 100_000): Promise<Buffer[]> {
  const chunks = Array.from({length: Math.ceil(archive.length / chunkBytes)}, (_, index) => archive.subarray(index * chunkBytes, (index + 1) * chunkBytes))
  const stream = Readable.from(chunks, {objectMode: false})
  const header = await readVmaHeader(stream, waits)
  const found = header.disks.map(({sizeBytes}) => Buffer.alloc(sizeBytes, 0xee))
  for await (const {disk, offset, lengthBytes, data} of vmaPieces(stream, header, waits)) (data ?? Buffer.alloc(lengthBytes)).copy(found[disk - 1] as Buffer, offset, 0, lengthBytes)
  return found
}

const wish = (more: Partial<ArchiveWish> = {}): ArchiveWish => ({configs, disks, ...more})
const allClusters = disks.flatMap(({data}, disk) => Array.from({length: Math.ceil(data.length / 65_536)}, (_, number) => [disk, number] as const))

describe('the data of a VMA archive', () => {
  it.each([7, 4096, 100_000, 10_000_000])('comes whole, with the end of a disk inside a block, in pieces of %i bytes', async (chunkBytes) => {
    const found = await read(vmaArchive(wish()), chunkBytes)
    expect(found.map((data, index) => data.equals(disks[index]?.data as Buffer))).toEqual([true, true, true])
  })

  it('comes whole in any order, across the borders of extents', async () => {
    for (const order of [allClusters.toReversed(), allClusters.toSorted(([, a], [, b]) => a - b), allClusters.toSorted(([a, b], [c, d]) => b * 7 % 13 - d * 7 % 13 || a - c)]) {
      const found = await read(vmaArchive(wish({order})))
      expect(found.map((data, index) => data.equals(disks[index]?.data as Buffer))).toEqual([true, true, true])
    }
  })

  it('may be less than its entry says for memory alone', async () => {
    const some = [{name: 'vmstate', data: content(200_000, 'm')}]
    expect((await read(vmaArchive({configs, disks: some, order: [[0, 0]]})))[0]?.subarray(0, 65_536).equals(some[0]?.data.subarray(0, 65_536) as Buffer)).toBe(true)
    await expect(read(vmaArchive({configs, disks: [{name: 'drive-scsi0', data: content(200_000, 'm')}], order: [[0, 0]]}))).rejects.toThrow("3 pieces of 64 KiB of 'drive-scsi0' are missing")
  })

  it.each<[string, ArchiveWish, RegExp]>([
    ['of a disk that nobody named', wish({spoil: (head) => head.writeUInt8(9, 43)}), /disk 9, which its header does not name/],
    ['behind the end of a disk', wish({spoil: (head) => head.writeUInt32BE(0xffffffff, 44)}), /behind the end of 'drive-scsi0'/],
    ['that comes twice', wish({order: [...allClusters, [1, 2]]}), /the same part of 'drive-efidisk0' twice/],
    ['that is not all there', wish({order: allClusters.slice(1)}), /1 pieces of 64 KiB of 'drive-scsi0' are missing/],
    ['of another archive', wish({spoil: (head) => head.writeUInt8(1, 10)}), /a piece of another archive/],
    ['with a number of blocks that cannot be', wish({spoil: (head) => head.writeUInt16BE(900, 6)}), /contradicts itself/],
    ['that does not begin as it should', wish({spoil: (head) => head.write('VMAX', 0)}), /does not begin as it should/],
  ])('%s is refused', async (_about, bad, reason) => {
    await expect(read(vmaArchive(bad))).rejects.toThrow(reason)
  })

  it('is refused wherever it ends too early, and wherever a bit of a table is another one', async () => {
    const small = vmaArchive({configs, disks: [{name: 'drive-scsi0', data: content(70_000, 'c')}]})
    for (let end = 0; end < small.length; end += 509) await expect(read(small.subarray(0, end)), String(end)).rejects.toThrow(/VMA archive/)
    const tableAt = small.indexOf('VMAE')
    for (let place = tableAt; place < tableAt + 512; place += 3) {
      const changed = Buffer.from(small)
      changed[place] = (changed[place] ?? 0) ^ 4
      await expect(read(changed), String(place)).rejects.toThrow(/VMA archive is damaged/)
    }
  })
})
