// Archives as they are written: whole on disk or not there.
import {gunzipSync} from 'node:zlib'
import {mkdtemp, readFile, readdir, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {archiveArgvs, writeArchive} from '../../../../src/lib/storage/archive/write-archive.ts'

const host = localHost('h1')
const context = {host, clock: systemClock, signal: new AbortController().signal}
let folder: string

beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'corral-archive-')) })
afterEach(() => rm(folder, {recursive: true, force: true}))

async function* pieces(count: number, fail?: Error): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(300_000, index)
  if (fail !== undefined) throw fail
}

const whole = (count: number) => Buffer.concat(Array.from({length: count}, (_, index) => Buffer.alloc(300_000, index)))

describe('an archive', () => {
  it('of our own bytes is private and whole', async () => {
    const path = join(folder, 'a.dat')
    const passed: number[] = []
    expect(await writeArchive({path}, pieces(5), context, (bytes) => passed.push(bytes))).toEqual({plainBytes: 1_500_000, archiveBytes: 1_500_000})
    expect((await readFile(path)).equals(whole(5))).toBe(true)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(passed.at(-1)).toBe(1_500_000)
  })

  it('is compressed by a program, and counted before and after', async () => {
    const path = join(folder, 'a.dat')
    const {plainBytes, archiveBytes} = await writeArchive({path, compressor: ['gzip', '--rsyncable'], ionice: 7}, pieces(4), context)
    const bytes = await readFile(path)
    expect([plainBytes, archiveBytes]).toEqual([1_200_000, bytes.length])
    expect(gunzipSync(bytes).equals(whole(4))).toBe(true)
  })

  it('comes from a program', async () => {
    await writeFile(join(folder, 'in'), whole(3))
    const path = join(folder, 'a.dat')
    await writeArchive({path, ionice: 8}, {argv: ['cat', join(folder, 'in')]}, context)
    expect((await readFile(path)).equals(whole(3))).toBe(true)
  })

  it('goes to standard output, which stays open', async () => {
    const output = new PassThrough()
    const parts: Buffer[] = []
    output.on('data', (part: Buffer) => parts.push(part))
    await writeArchive({path: '-'}, pieces(3), {...context, terminal: {input: process.stdin, output: output as never}})
    expect([Buffer.concat(parts).equals(whole(3)), output.writableEnded]).toEqual([true, false])
    await expect(writeArchive({path: '-'}, pieces(1), {...context, terminal: {input: process.stdin, output: {isTTY: true} as never}})).rejects.toThrow('nothing for a terminal')
  })

  it.each<[string, Parameters<typeof writeArchive>[0], Parameters<typeof writeArchive>[1], string | RegExp]>([
    ['whose bytes end too early', {path: 'a.dat', compressor: ['gzip']}, pieces(3, new Error('the disk is gone')), 'the disk is gone'],
    ['whose program fails', {path: 'a.dat'}, {argv: ['sh', '-c', 'echo half; exit 2']}, /exit code 2/],
    ['whose compressor fails', {path: 'a.dat', compressor: ['false']}, pieces(50), /false/],
    ['whose compressor is missing', {path: 'a.dat', compressor: ['no-such-lzop']}, pieces(50), 'no-such-lzop is not installed'],
  ])('%s is not left behind', async (_about, target, source, reason) => {
    await expect(writeArchive({...target, path: join(folder, target.path)}, source, context)).rejects.toThrow(reason)
    expect(await readdir(folder)).toEqual([])
  })

  it('is not left behind when it is cancelled', async () => {
    const cancel = new AbortController()
    const written = writeArchive({path: join(folder, 'a.dat')}, {argv: ['sleep', '600']}, {...context, signal: cancel.signal})
    cancel.abort()
    await expect(written).rejects.toThrow('cancelled')
    expect(await readdir(folder)).toEqual([])
    const slow = new AbortController()
    const limited = writeArchive({path: join(folder, 'b.dat'), bandwidthKib: 1}, pieces(5), {...context, signal: slow.signal}, () => slow.abort())
    await expect(limited).rejects.toMatchObject({kind: 'cancelled'})
    expect(await readdir(folder)).toEqual([])
  })

  it('never takes the place of another', async () => {
    const path = join(folder, 'a.dat')
    await writeFile(path, 'old')
    await expect(writeArchive({path}, pieces(1), context)).rejects.toMatchObject({kind: 'conflict'})
    expect(await readFile(path, 'utf8')).toBe('old')
  })

  it('says which folder is full, also when the compressor finds out', async () => {
    const path = join(folder, 'a.dat')
    await expect(writeArchive({path, compressor: ['sh', '-c', 'cat >/dev/full']}, pieces(3), context)).rejects.toThrow(`there is not enough space in ${folder} for the archive`)
    expect(await readdir(folder)).toEqual([])
  })

  it('is no faster than it may be', async () => {
    const slept: number[] = []
    const clock = {...systemClock, monotonicMs: () => 0, sleep: (ms: number) => { slept.push(ms); return Promise.resolve() }}
    await writeArchive({path: join(folder, 'a.dat'), bandwidthKib: 1000}, pieces(2), {...context, clock})
    expect(Math.round(slept.at(-1) ?? 0)).toBe(Math.round(600_000 / 1024))
  })

  it('is shown as the programs that make it', () => {
    expect(archiveArgvs({path: '/b/a.dat', compressor: ['zstd', '-q'], ionice: 7}, ['tar', 'c'])).toEqual([
      ['ionice', '-c', '2', '-n', '7', 'tar', 'c'], ['ionice', '-c', '2', '-n', '7', 'zstd', '-q'],
    ])
    expect(archiveArgvs({path: '/b/a.dat'})).toEqual([['dd', 'of=/b/a.dat', 'bs=1M', 'iflag=fullblock', 'conv=notrunc,fsync', 'status=none']])
    expect(archiveArgvs({path: '-', ionice: 8}, ['tar', 'c'])).toEqual([['ionice', '-c', '3', 'tar', 'c']])
  })
})
