// Volumes as streams: between the storage under test and a folder, and into itself. What comes from elsewhere may be cut off, too long, or an
// image that names other files; then nothing is left of it.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PassThrough, Readable} from 'node:stream'
import {expect} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin as dirPlugin} from '../../../src/lib/storage/dir/plugin.ts'
import type {Format, Storage, StreamRequest, VolumeId} from '../../../src/lib/storage/index.ts'
import {commonStreamFormat, sizeHeader} from '../../../src/lib/storage/transfer/index.ts'
import type {Contract} from './contract-run.ts'
import {expectStretches, mebibyte, writeStretches} from './contract-run.ts'

const never = new AbortController().signal

/** A folder as a storage, to exchange volumes with. */
async function folderStorage(): Promise<{readonly storage: Storage; readonly close: () => Promise<void>}> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-peer-'))
  const storage = dirPlugin.open({type: 'dir', storage: 'peer', path: folder, content: 'images'}, localHost('h1'), systemClock)
  await storage.activate()
  return {storage, close: () => rm(folder, {recursive: true, force: true})}
}

/** One storage writes while the other reads, with little in between. */
async function send(from: {storage: Storage; id: VolumeId}, to: {storage: Storage; id: VolumeId}, request: StreamRequest): Promise<void> {
  const wire = new PassThrough({highWaterMark: 64 * 1024})
  const writing = transferOf(from.storage).export(from.id, request, wire, never).then(() => wire.end(), (error: unknown) => { wire.destroy(error as Error); throw error })
  // One that fails first does not leave the other at work.
  wire.on('error', () => undefined)
  const [, taken] = await Promise.allSettled([writing, transferOf(to.storage).import(to.id, request, wire, never).catch((error: unknown) => { wire.destroy(); throw error })])
  if (taken.status === 'rejected') throw taken.reason
  await writing
}

/** The whole stream; disks of tests are small. */
export async function streamOf(storage: Storage, id: VolumeId, request: StreamRequest): Promise<Buffer> {
  const wire = new PassThrough()
  const chunks: Buffer[] = []
  wire.on('data', (chunk: Buffer) => chunks.push(chunk))
  await transferOf(storage).export(id, request, wire, never)
  wire.end()
  return Buffer.concat(chunks)
}

function transferOf(storage: Storage): NonNullable<Storage['transfer']> {
  if (storage.transfer === undefined) throw new Error('the storage has no streams')
  return storage.transfer
}

const imagesOf = (storage: Storage): readonly Format[] => storage.traits.formats.filter((format) => format !== 'subvol')

export function transferContract({check: any, lacks, cannotTry, storage: current, host, made}: Contract): void {
  const check: Contract['check'] = (operations, title, test, timeoutMs) => any(operations, title, async () => {
    const exception = made().hasNoDevices === true ? cannotTry : current().transfer === undefined ? lacks : undefined
    if (exception === undefined) await test()
    else for (const operation of operations) exception(operation)
  }, timeoutMs)

  check(['export', 'import'], 'sends disks to a folder and takes them back, byte for byte', async () => {
    const storage = current()
    const peer = await folderStorage()
    try {
      for (const format of imagesOf(storage)) {
        const {id} = await storage.create({vmid: 100, format, sizeBytes: 8 * mebibyte})
        await writeStretches(host(), storage, id, [[0, 8, '0x00'], [0, 1, '0x21'], [5, 1, '0x22']])
        const there = await peer.storage.nextName(100, 'raw', [])
        const common = commonStreamFormat({storage, id}, {storage: peer.storage, id: there})
        expect(common).toBe('raw+size')
        await send({storage, id}, {storage: peer.storage, id: there}, {format: common})
        await expectStretches(localHost('h1'), peer.storage, there, [[0, 1, '0x21'], [1, 4, '0x00'], [5, 1, '0x22'], [6, 2, '0x00']])
        const back = await storage.nextName(101, format, [])
        await send({storage: peer.storage, id: there}, {storage, id: back}, {format: common})
        await expectStretches(host(), storage, back, [[0, 1, '0x21'], [1, 4, '0x00'], [5, 1, '0x22'], [6, 2, '0x00']])
        expect((await storage.volume(back)).sizeBytes).toBe((await storage.volume(id)).sizeBytes)
        await expect(send({storage: peer.storage, id: there}, {storage, id: back}, {format: common})).rejects.toMatchObject({kind: 'conflict'})
        await peer.storage.remove(there)
      }
    } finally {
      await peer.close()
    }
  })

  check(['export', 'import'], 'leaves nothing of a stream that is cut off, too long, given up or nonsense', async () => {
    const storage = current()
    const {defaultFormat: format} = storage.traits
    const id = await storage.nextName(100, format, [])
    const disk = Buffer.alloc(mebibyte, 0x5a)
    const whole = Buffer.concat([sizeHeader(disk.length), disk])
    const attempt = (bytes: Readable, signal = never): Promise<unknown> => transferOf(storage).import(id, {format: 'raw+size'}, bytes, signal)
    const cases: readonly [string, Buffer][] = [
      ['nothing', Buffer.alloc(0)], ['half a size', whole.subarray(0, 4)], ['only a size', whole.subarray(0, 8)], ['half a disk', whole.subarray(0, mebibyte / 2)],
      ['a byte too much', Buffer.concat([whole, Buffer.alloc(1)])], ['no size', Buffer.concat([Buffer.alloc(8), disk])], ['a size that cannot be', Buffer.concat([Buffer.alloc(8, 0xff), disk])],
    ]
    for (const [what, bytes] of cases) await expect(attempt(Readable.from([bytes], {objectMode: false})), what).rejects.toMatchObject({kind: 'invalid-input'})
    const broken = new PassThrough()
    broken.write(whole.subarray(0, 5000))
    setImmediate(() => broken.destroy(new Error('the line is dead')))
    await expect(attempt(broken)).rejects.toMatchObject({kind: 'unavailable'})
    const stop = new AbortController()
    const standing = new PassThrough()
    standing.write(whole.subarray(0, 5000))
    const waiting = attempt(standing, stop.signal)
    waiting.catch(() => undefined)
    setTimeout(() => stop.abort(), 100)
    await expect(waiting).rejects.toMatchObject({kind: 'cancelled'})
    expect(await storage.list(['images'])).toEqual([])
    expect(await storage.exists(id)).toBe(false)
    await attempt(Readable.from([whole], {objectMode: false}))
    expect(await storage.exists(id)).toBe(true)
  })

  check(['export'], 'sends a disk as it was at a snapshot', async () => {
    const storage = current()
    const [format] = storage.traits.snapshotFormats.filter((each) => each !== 'subvol')
    if (storage.snapshots === undefined || format === undefined) return
    const {id} = await storage.create({vmid: 100, format, sizeBytes: 8 * mebibyte})
    await writeStretches(host(), storage, id, [[0, 1, '0x31']])
    await storage.snapshots.create(id, 'before')
    await writeStretches(host(), storage, id, [[0, 1, '0x32']])
    const stream = await streamOf(storage, id, {format: 'raw+size', snapshot: 'before'})
    expect(stream.length).toBe(8 + 8 * mebibyte)
    expect(stream[8]).toBe(0x31)
    await expect(streamOf(storage, id, {format: 'raw+size', snapshot: 'other'})).rejects.toThrow()
  })

  check(['export', 'import'], 'sends a disk with its snapshots, whole and what was added', async () => {
    const storage = current()
    const {traits, snapshots} = storage
    for (const format of traits.snapshotFormats.filter((each) => each !== 'subvol')) {
      const {id} = await storage.create({vmid: 100, format, sizeBytes: 8 * mebibyte})
      const copy = await storage.nextName(200, format, [])
      const [native] = transferOf(storage).exportFormats(id, {snapshot: 'second', withSnapshots: true})
      const [file] = transferOf(storage).exportFormats(id, {withSnapshots: true})
      if (snapshots === undefined || native === undefined && file === undefined) continue
      await writeStretches(host(), storage, id, [[0, 1, '0x41']])
      await snapshots.create(id, 'first')
      await writeStretches(host(), storage, id, [[0, 1, '0x42']])
      await snapshots.create(id, 'second')
      if (native === undefined) await send({storage, id}, {storage, id: copy}, {format: file ?? 'raw+size', withSnapshots: true})
      else await send({storage, id}, {storage, id: copy}, {format: native, snapshot: 'second', withSnapshots: true})
      expect((await snapshots.list(copy)).map(({name}) => name)).toEqual(['first', 'second'])
      await expectStretches(host(), storage, copy, [[0, 1, '0x42']])
      if (native !== undefined) {
        await writeStretches(host(), storage, id, [[0, 1, '0x43']])
        await snapshots.create(id, 'third')
        await send({storage, id}, {storage, id: copy}, {format: native, snapshot: 'third', base: 'second'})
        expect((await snapshots.list(copy)).map(({name}) => name)).toEqual(['first', 'second', 'third'])
        await expectStretches(host(), storage, copy, [[0, 1, '0x43']])
        const stream = await streamOf(storage, id, {format: native, snapshot: 'first'})
        const other = await storage.nextName(300, format, [])
        const half = Readable.from([stream.subarray(0, stream.length - 40_000)], {objectMode: false})
        await expect(transferOf(storage).import(other, {format: native, snapshot: 'first'}, half, never)).rejects.toMatchObject({kind: 'invalid-input'})
        expect(await storage.exists(other)).toBe(false)
      }
    }
  })

  check(['import'], 'takes no image that names other files', async () => {
    const storage = current()
    if (!transferOf(storage).importFormats(await storage.nextName(100, storage.traits.formats.includes('qcow2') ? 'qcow2' : storage.traits.defaultFormat, []), {withSnapshots: true}).includes('qcow2+size')) return
    const peer = await folderStorage()
    const local = localHost('h1')
    try {
      const id = await storage.nextName(100, 'qcow2', [])
      const path = `${peer.storage.config['path'] as string}/x.qcow2`
      const attempt = async (size: number, cut = 0): Promise<unknown> => {
        const bytes = await local.files.read(path, 16 * mebibyte)
        const stream = Readable.from([Buffer.concat([sizeHeader(size), bytes.subarray(0, bytes.length - cut)])], {objectMode: false})
        return transferOf(storage).import(id, {format: 'qcow2+size', withSnapshots: true}, stream, never)
      }
      await local.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/hostname', '-F', 'raw', path, '1M'])
      await expect(attempt(mebibyte)).rejects.toMatchObject({kind: 'forbidden'})
      await local.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-o', `data_file=${path}.data,data_file_raw=on`, path, '1M'])
      await expect(attempt(mebibyte)).rejects.toMatchObject({kind: 'forbidden'})
      await local.files.remove(path)
      await local.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-o', 'preallocation=full', path, '1M'])
      await expect(attempt(2 * mebibyte), 'another size').rejects.toMatchObject({kind: 'invalid-input'})
      await expect(attempt(mebibyte, mebibyte / 2), 'cut off').rejects.toMatchObject({kind: 'invalid-input'})
      await local.files.write(path, 'not an image')
      await expect(attempt(mebibyte), 'no image').rejects.toMatchObject({kind: 'invalid-input'})
      expect(await storage.list(['images'])).toEqual([])
    } finally {
      await peer.close()
    }
  })
}
