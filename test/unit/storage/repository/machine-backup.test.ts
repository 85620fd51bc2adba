// Virtual machines in a repository: disks that come in pieces, what is kept of the backup before, and what is read back. restic itself is asked what it sees.
import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {beforeEach, describe, expect, it, onTestFinished} from 'vitest'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import type {VmaDiskSink} from '../../../../src/lib/storage/archive/index.ts'
import {diskBlobBytes, diskInRepository, zeroBlobId} from '../../../../src/lib/storage/repository/disk-blobs.ts'
import {DiskWriter} from '../../../../src/lib/storage/repository/disk-writer.ts'
import {openMachine, parentBlobs, saveMachine} from '../../../../src/lib/storage/repository/machine-backup.ts'
import type {KeptMachine, SavedMachine} from '../../../../src/lib/storage/repository/machine-backup.ts'
import {zstdOn} from '../../../../src/lib/storage/repository/packed.ts'
import {filesInFolder} from '../../../../src/lib/storage/repository/repository-files.ts'
import {initRepository, openRepository} from '../../../../src/lib/storage/repository/repository.ts'
import type {Repository} from '../../../../src/lib/storage/repository/repository.ts'
import {hashOf} from '../../../../src/lib/storage/repository/seal.ts'

const clusterBytes = 64 * 1024
const zeros = Buffer.alloc(clusterBytes)
const sizeBytes = 3 * diskBlobBytes + 300 * 1024
const record = {takenAtMs: Date.UTC(2026, 10, 23, 15), hostname: 'h1', username: 'root', paths: ['/qemu/100'], tags: ['corral']}

/** Bytes that do not repeat, the same for the same word. */
function noise(word: string, count: number): Buffer {
  const pieces: Buffer[] = []
  for (let block = 0; block * 64 < count; block++) pieces.push(createHash('sha512').update(`${word} ${block}`).digest())
  return Buffer.concat(pieces).subarray(0, count)
}

/** Its second blob is empty. */
function diskBytes(): Buffer {
  const disk = Buffer.alloc(sizeBytes)
  noise('a', 300_000).copy(disk, 1_000_000)
  noise('b', 200_000).copy(disk, 2 * diskBlobBytes + 500_000)
  noise('c', 300 * 1024).copy(disk, 3 * diskBlobBytes)
  return disk
}

/** Pushes these clusters of a disk, in an order that mixes blobs. */
async function push(sink: VmaDiskSink, disk: Buffer, wanted: (blob: number) => boolean = () => true): Promise<void> {
  const clusters = Array.from({length: Math.ceil(disk.length / clusterBytes)}, (_, index) => index).filter((index) => wanted(Math.floor(index * clusterBytes / diskBlobBytes)))
  const mixed = [...clusters.filter((index) => index % 2 === 1), ...clusters.filter((index) => index % 2 === 0).reverse()]
  for (const index of mixed) {
    const bytes = disk.subarray(index * clusterBytes, (index + 1) * clusterBytes)
    if (bytes.equals(zeros.subarray(0, bytes.length))) await sink.writeZeros(index * clusterBytes, bytes.length)
    else await sink.write(index * clusterBytes, bytes)
  }
}

let folder: string
let repository: Repository
let reopened: () => Promise<Repository>

async function makeRepository(): Promise<void> {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'corral-machine-'))
  const host = localHost('h1')
  const tools = {files: filesInFolder(host, path.join(folder, 'repository')), compressor: zstdOn(host, new AbortController().signal)}
  await fs.writeFile(path.join(folder, 'password'), 'a word')
  repository = await initRepository(tools, 'a word', {hostname: 'h1', username: 'root', createdAtMs: 0})
  reopened = () => openRepository(tools, 'a word')
  onTestFinished(() => fs.rm(folder, {recursive: true, force: true}))
}

async function restic(...words: readonly string[]): Promise<Buffer> {
  const argv = ['--repo', path.join(folder, 'repository'), '--password-file', path.join(folder, 'password'), '--no-cache', '--quiet', ...words]
  const {stdout} = await promisify(execFile)('restic', argv, {encoding: 'buffer', maxBuffer: 64 * 1024 * 1024, timeout: 60_000, env: {PATH: process.env['PATH'], HOME: folder}})
  return stdout
}

async function opened({id}: SavedMachine): Promise<KeptMachine> {
  const again = await reopened()
  return openMachine(again, (await again.snapshots()).find((snapshot) => snapshot.id === id)?.tree ?? '')
}

describe('a machine', () => {
  it('is kept and read back, by us and by restic; the next backup keeps what did not change', async () => {
    await makeRepository()
    const first = diskBytes()
    const second = noise('second', 100 * 1024)
    const machine = {config: 'memory: 512\n', firewall: '[OPTIONS]\n', disks: [{name: 'drive-scsi0', sizeBytes}, {name: 'drive-scsi1', sizeBytes: second.length}]}
    const saved = await saveMachine(repository, machine, record, async ([one, other]) => {
      if (one === undefined || other === undefined) throw new Error('there are two disks')
      await Promise.all([push(one, first), push(other, second)])
    })
    expect(saved).toMatchObject({readBytes: first.length + second.length})
    expect((await restic('dump', 'latest', '/drive-scsi0.raw')).equals(first)).toBe(true)

    const kept = await opened(saved)
    expect(kept).toMatchObject({config: 'memory: 512\n', firewall: '[OPTIONS]\n', disks: [{name: 'drive-scsi0', sizeBytes}, {name: 'drive-scsi1', sizeBytes: second.length}]})
    const [disk] = kept.disks
    expect((await disk?.read(0, sizeBytes))?.equals(first)).toBe(true)
    expect((await disk?.read(diskBlobBytes - 700, 1400))?.equals(first.subarray(diskBlobBytes - 700, diskBlobBytes + 700))).toBe(true)
    expect([disk?.isHole(diskBlobBytes, diskBlobBytes), disk?.isHole(diskBlobBytes, diskBlobBytes + 1), disk?.isHole(5, 7)]).toEqual([true, false, false])

    const later = Buffer.from(first)
    noise('later', 4096).copy(later, 2 * diskBlobBytes + 8192)
    const again = await reopened()
    await again.readIndex()
    const parent = parentBlobs(again, kept, 'drive-scsi0', sizeBytes)
    if (parent === undefined) throw new Error('nothing can be kept')
    const next = await saveMachine(again, {...machine, disks: [{name: 'drive-scsi0', sizeBytes, parent}]}, {...record, takenAtMs: record.takenAtMs + 60_000, parent: saved.id}, async ([one]) => {
      if (one !== undefined) await push(one, later, (blob) => blob === 2)
    })
    expect(next).toMatchObject({readBytes: diskBlobBytes, newBytes: diskBlobBytes})
    expect((await (await opened(next)).disks[0]?.read(0, sizeBytes))?.equals(later)).toBe(true)
    await restic('check', '--read-data')
    expect((await restic('dump', next.id, '/fw.conf')).toString()).toBe('[OPTIONS]\n')
  }, 120_000)

  it('is read as a whole when the disk has another size, or a piece of it is lost', () => {
    const machine = {disks: [{name: 'drive-scsi0', sizeBytes: 10, content: ['a', 'b'], read: () => Promise.resolve(Buffer.alloc(0)), isHole: () => false}]}
    expect(parentBlobs({has: () => true}, machine, 'drive-scsi0', 10)).toEqual(['a', 'b'])
    expect(parentBlobs({has: () => true}, machine, 'drive-scsi0', 11)).toBeUndefined()
    expect(parentBlobs({has: (_type, id) => id === 'a'}, machine, 'drive-scsi0', 10)).toBeUndefined()
    expect(parentBlobs({has: () => true}, machine, 'drive-scsi1', 10)).toBeUndefined()
  })
})

describe('a disk that is written', () => {
  const keeper = {saved: new Set<string>(), has: (_type: 'data' | 'tree', id: string) => keeper.saved.has(id), save: (_type: 'data' | 'tree', plain: Buffer) => {
    const id = hashOf(plain)
    const isNew = !keeper.saved.has(id)
    keeper.saved.add(id)
    return Promise.resolve({id, isNew})
  }}
  beforeEach(() => { keeper.saved.clear() })

  it('has to come whole, once, on the bounds of clusters', async () => {
    const writer = () => new DiskWriter({name: 'drive-scsi0', sizeBytes}, keeper)
    await expect(writer().finish()).rejects.toThrow('4 pieces of drive-scsi0 were not read')
    await expect(writer().write(512, Buffer.alloc(clusterBytes))).rejects.toThrow(/bounds of clusters/)
    await expect(writer().write(0, Buffer.alloc(512))).rejects.toThrow(/bounds of clusters/)
    await expect(writer().writeZeros(0, sizeBytes + clusterBytes)).rejects.toThrow(/bounds of clusters/)
    const twice = writer()
    await twice.writeZeros(0, clusterBytes)
    await expect(twice.writeZeros(0, 2 * clusterBytes)).rejects.toThrow('a piece of drive-scsi0 came twice')
    await twice.writeZeros(clusterBytes, diskBlobBytes - clusterBytes)
    await expect(twice.write(0, Buffer.alloc(clusterBytes))).rejects.toThrow('a piece of drive-scsi0 came twice')
    await expect(twice.finish()).rejects.toThrow('3 pieces of drive-scsi0 were not read')
    const begun = new DiskWriter({name: 'drive-scsi0', sizeBytes: diskBlobBytes, parent: ['old']}, keeper)
    await begun.writeZeros(0, clusterBytes)
    await expect(begun.finish()).rejects.toThrow('1 pieces of drive-scsi0 were not read')
  })

  it('of zeros is one blob, however they come', async () => {
    const writer = new DiskWriter({name: 'drive-scsi0', sizeBytes: 1000 * diskBlobBytes}, keeper)
    await writer.write(0, Buffer.alloc(2 * diskBlobBytes))
    await writer.writeZeros(2 * diskBlobBytes, 998 * diskBlobBytes)
    const {content, newBytes} = await writer.finish()
    expect(new Set(content)).toEqual(new Set([zeroBlobId(diskBlobBytes)]))
    expect([content.length, newBytes]).toEqual([1000, diskBlobBytes])
  })

  it('fails as the repository does', async () => {
    const writer = new DiskWriter({name: 'drive-scsi0', sizeBytes}, {has: () => false, save: () => Promise.reject(new Error('there is no space left'))})
    await expect((async () => { await push(writer, diskBytes()); return writer.finish() })()).rejects.toThrow('there is no space left')
  })

  it('is refused when it is read in too many places', async () => {
    const writer = new DiskWriter({name: 'drive-scsi0', sizeBytes: 100 * diskBlobBytes}, keeper)
    await expect((async () => { const bytes = noise('x', clusterBytes)
      for (let blob = 0; blob < 100; blob++) await writer.write(blob * diskBlobBytes, bytes) })()).rejects.toThrow(/more places at once/)
  })
})

it('a disk in a hostile tree is refused: too few pieces, pieces of another size, what lies beyond the end', async () => {
  const file = {type: 'file', name: 'drive-scsi0.raw', sizeBytes: 100, modifiedAtMs: 0, mode: 0o600, content: ['a'.repeat(64)]} as const
  const load = (): Promise<Buffer> => Promise.resolve(Buffer.alloc(99))
  expect(() => diskInRepository({...file, content: []}, load)).toThrow(/has 0 pieces for 100 bytes/)
  expect(() => diskInRepository({...file, name: 'a.raw'}, load)).toThrow(/damaged/)
  await expect(diskInRepository(file, load).read(0, 10)).rejects.toThrow(/has 99 bytes and not 100/)
  await expect(diskInRepository(file, load).read(95, 10)).rejects.toThrow(/are not among them/)
})
