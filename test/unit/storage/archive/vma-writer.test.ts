import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {readVmaHeader, vmaPieces} from '../../../../src/lib/storage/archive/vma-data.ts'
import {vmaStream} from '../../../../src/lib/storage/archive/vma-stream.ts'
import type {VmaDiskSink} from '../../../../src/lib/storage/archive/vma-stream.ts'
import {VmaExtents, formatVmaHeader} from '../../../../src/lib/storage/archive/vma-writer.ts'
import {randomSource, scaledCount} from '../../../support/rounds.ts'
import {vmaArchive} from '../../../support/vma-archive.ts'

const uuid = 'abababab-abab-abab-abab-abababababab'
const createdAtMs = 1_738_324_800_000
const clusterBytes = 65_536
const waits = {clock: systemClock, signal: new AbortController().signal}

interface Disk { readonly name: string; readonly data: Buffer }

/** Something in some blocks, nothing in others, and whole clusters of nothing. */
function patterned(sizeBytes: number, seed: number): Buffer {
  const data = Buffer.alloc(sizeBytes)
  for (let block = 0; block * 4096 < sizeBytes; block++) {
    if (Math.floor(block / 16) % 3 !== 1 && (block + seed) % 5 !== 0) data.fill((block * 7 + seed) % 255 + 1, block * 4096, Math.min(sizeBytes, (block + 1) * 4096))
  }
  return data
}

async function pushDisk(sink: VmaDiskSink, {data}: Disk, pieceBytes = clusterBytes, reversed = false): Promise<void> {
  const offsets = Array.from({length: Math.ceil(data.length / pieceBytes)}, (_, index) => index * pieceBytes)
  for (const offset of reversed ? offsets.toReversed() : offsets) await sink.write(offset, data.subarray(offset, offset + pieceBytes))
}

async function archiveOf(disks: readonly Disk[], configs: readonly {name: string; text: string}[], fill = async (sinks: readonly VmaDiskSink[]): Promise<void> => {
  for (const [index, disk] of disks.entries()) await pushDisk(sinks[index] as VmaDiskSink, disk)
}): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of vmaStream({uuid, createdAtMs, configs, disks: disks.map(({name, data}) => ({name, sizeBytes: data.length}))}, fill)) parts.push(part)
  return Buffer.concat(parts)
}

/** By our own reader. */
async function readBack(archive: Buffer, disks: readonly Disk[]): Promise<Buffer[]> {
  const stream = Readable.from([archive], {objectMode: false})
  const header = await readVmaHeader(stream, waits)
  const read = disks.map(({data}) => Buffer.alloc(data.length))
  for await (const {disk, offset, data} of vmaPieces(stream, header, waits)) data?.copy(read[disk - 1] as Buffer, offset)
  return read
}

describe('VMA archives that we write', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'corral-vma-')) })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  const independent = (archive: Buffer): {configs: string[]; disks: unknown[]; uuid: string; ctime: number} => {
    const path = join(folder, 'archive.vma')
    writeFileSync(path, archive)
    return JSON.parse(execFileSync('python3', [join(import.meta.dirname, '../../../support/vma-reader.py'), path, folder]).toString()) as ReturnType<typeof independent>
  }

  it('are byte for byte what the format says, as laid out by hand', async () => {
    const disks = [{name: 'drive-scsi0', data: patterned(61 * clusterBytes, 1)}, {name: 'drive-scsi1', data: patterned(5 * 4096, 2)}]
    const configs = [{name: 'qemu-server.conf', text: 'memory: 64\n'}, {name: 'qemu-server.fw', text: '[OPTIONS]\n'}]
    expect((await archiveOf(disks, configs)).equals(vmaArchive({configs, disks}))).toBe(true)
  })

  it('are read bit for bit by a reader of its own: several disks, odd sizes, an empty one, memory, the bounds of extents', async () => {
    const disks = [
      {name: 'drive-scsi0', data: patterned(59 * clusterBytes, 1)}, {name: 'drive-virtio0', data: patterned(60 * clusterBytes + 512, 2)},
      {name: 'drive-efidisk0', data: patterned(540_672, 3)}, {name: 'drive-ide0', data: Buffer.alloc(2 * clusterBytes)},
      {name: 'drive-sata0', data: Buffer.alloc(0)}, {name: 'vmstate', data: patterned(3 * clusterBytes, 4)},
    ]
    const archive = await archiveOf(disks, [{name: 'qemu-server.conf', text: 'name: ü\n'}])
    expect(independent(archive)).toEqual({
      uuid: uuid.replaceAll('-', ''), ctime: createdAtMs / 1000, configs: ['qemu-server.conf'], disks: disks.map(({name, data}, index) => [index + 1, name, data.length]),
    })
    for (const {name, data} of disks) expect(readFileSync(join(folder, `${name}.raw`)).equals(data), name).toBe(true)
    expect(readFileSync(join(folder, 'qemu-server.conf'), 'utf8')).toBe('name: ü\n')
    for (const [index, data] of (await readBack(archive, disks)).entries()) expect(data.equals(disks[index]?.data as Buffer)).toBe(true)
  })

  it('hold the same whatever the order and the size of the pieces', async () => {
    const disks = [{name: 'drive-scsi0', data: patterned(70 * clusterBytes, 1)}, {name: 'drive-scsi1', data: patterned(33 * clusterBytes + 4096, 2)}]
    const archive = await archiveOf(disks, [{name: 'qemu-server.conf', text: 'a: b\n'}], async (sinks) => {
      // Both at once, as QEMU's jobs do.
      await Promise.all([pushDisk(sinks[0] as VmaDiskSink, disks[0] as Disk, 4 * clusterBytes, true), pushDisk(sinks[1] as VmaDiskSink, disks[1] as Disk, 16 * clusterBytes)])
    })
    independent(archive)
    for (const {name, data} of disks) expect(readFileSync(join(folder, `${name}.raw`)).equals(data), name).toBe(true)
  })

  it('take no space for zeros', async () => {
    const sizeBytes = 64 * 1024 * 1024
    const disks = [{name: 'drive-scsi0', data: Buffer.alloc(sizeBytes)}]
    const told = await archiveOf(disks, [], async ([sink]) => { await sink?.writeZeros(0, sizeBytes) })
    const read = await archiveOf(disks, [])
    expect(told.equals(read)).toBe(true)
    expect(told.length).toBeLessThan(32 * 1024)
  })

  it('are not finished when something of a disk is missing, comes twice, or does not lie on the bounds', async () => {
    const disks = [{name: 'drive-scsi0', data: patterned(2 * clusterBytes + 4096, 1)}]
    const filledBy = (fill: (sink: VmaDiskSink) => Promise<void>) => archiveOf(disks, [], async ([sink]) => fill(sink as VmaDiskSink))
    await expect(filledBy((sink) => sink.writeZeros(0, clusterBytes))).rejects.toThrow('2 pieces of drive-scsi0 were not read')
    await expect(filledBy(async (sink) => { await sink.writeZeros(0, clusterBytes); await sink.writeZeros(0, clusterBytes) })).rejects.toThrow('came twice')
    for (const [offset, lengthBytes] of [[4096, clusterBytes], [0, 4096], [clusterBytes, 2 * clusterBytes], [2 * clusterBytes, 512]] as const) {
      await expect(filledBy((sink) => sink.writeZeros(offset, lengthBytes))).rejects.toThrow('does not lie on the bounds')
    }
  })

  it('end whoever fills them when nobody takes them any more', async () => {
    let isStopped = false
    const stream = vmaStream({uuid, createdAtMs, configs: [], disks: [{name: 'drive-scsi0', sizeBytes: 1000 * clusterBytes}]}, async ([sink], signal) => {
      try {
        for (let cluster = 0; cluster < 1000; cluster++) await sink?.write(cluster * clusterBytes, Buffer.alloc(clusterBytes, 1))
      } finally {
        isStopped = signal.aborted
      }
    })
    await stream.next()
    await stream.return(undefined)
    expect(isStopped).toBe(true)
  })

  it('hold no more than the format can', () => {
    const disks = Array.from({length: 256}, (_, index) => ({name: `drive-${index}`, sizeBytes: 512}))
    expect(() => formatVmaHeader({uuid, createdAtMs, configs: [], disks})).toThrow('at most 256 configuration files and 255 disks')
    expect(() => formatVmaHeader({uuid, createdAtMs, configs: [{name: 'a', text: 'x'.repeat(65_536)}], disks: []})).toThrow('at most 65535 bytes')
    expect(() => new VmaExtents('no')).toThrow("'no' is no UUID")
  })

  it('are refused, whatever is changed in their header or in that of an extent', async () => {
    const disks = [{name: 'drive-scsi0', data: patterned(3 * clusterBytes, 1)}]
    const archive = await archiveOf(disks, [{name: 'qemu-server.conf', text: 'memory: 64\n'}])
    const headerBytes = archive.readUInt32BE(56)
    const source = randomSource('spoiled VMA archives')
    for (let round = 0; round < scaledCount(400); round++) {
      const spoiled = Buffer.from(archive)
      const at = source.between(0, headerBytes + 511)
      spoiled[at] = (spoiled[at] as number) ^ 1 << source.between(0, 7)
      await expect(readBack(spoiled, disks), `seed ${source.seed}, round ${round}, byte ${at}`).rejects.toMatchObject({kind: 'invalid-input'})
    }
  })
})
