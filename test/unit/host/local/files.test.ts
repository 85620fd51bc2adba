import {spawnSync} from 'node:child_process'
import {mkdir, mkdtemp, readdir, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {fileError} from '../../../../src/lib/host/file-errors.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {parseProcStat} from '../../../../src/lib/host/local/processes.ts'

const {files} = localHost('h1')
let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'corral-files-')) })
afterEach(() => rm(folder, {recursive: true, force: true}))

describe('writing', () => {
  it('leaves no temporary file behind, done or refused', async () => {
    await files.write(join(folder, 'a'), 'x')
    await expect(files.write(join(folder, 'a'), 'y', {overwrite: false})).rejects.toMatchObject({kind: 'conflict'})
    await mkdir(join(folder, 'taken'))
    await expect(files.write(join(folder, 'taken'), 'y')).rejects.toMatchObject({kind: 'invalid-input'})
    expect(await readdir(folder)).toEqual(['a', 'taken'])
  })

  it('gives the mode asked for whatever the umask is', async () => {
    const before = process.umask(0o077)
    try {
      await files.write(join(folder, 'wide'), 'x', {mode: 0o644})
      process.umask(0)
      await files.write(join(folder, 'narrow'), 'x')
    } finally {
      process.umask(before)
    }
    expect((await stat(join(folder, 'wide'))).mode & 0o777).toBe(0o644)
    expect((await stat(join(folder, 'narrow'))).mode & 0o777).toBe(0o600)
  })

  it('lets one of many win when all want the same new name', async () => {
    const tries = await Promise.allSettled(Array.from({length: 20}, (_, number) => files.write(join(folder, 'one'), String(number), {overwrite: false, durable: false})))
    expect(tries.filter(({status}) => status === 'fulfilled')).toHaveLength(1)
    expect(await readdir(folder)).toEqual(['one'])
  })

  it('is never seen half done by readers', async () => {
    const path = join(folder, 'whole')
    await files.write(path, 'a'.repeat(100_000), {durable: false})
    const writing = (async () => { for (const letter of 'bcdefghij') await files.write(path, letter.repeat(100_000), {durable: false}) })()
    for (let round = 0; round < 50; round++) expect(new Set(await files.readText(path)).size).toBe(1)
    await writing
  })
})

describe('making folders', () => {
  it('does not hang where none can be made', async () => {
    await expect(files.makeDirectory('/proc/corral/x')).rejects.toMatchObject({kind: 'not-found'})
    await files.write(join(folder, 'file'), '')
    await expect(files.makeDirectory(join(folder, 'file'))).rejects.toMatchObject({kind: 'conflict'})
    await expect(files.makeDirectory(join(folder, 'file/below'))).rejects.toMatchObject({kind: 'invalid-input'})
  })

  it('is one of many doing the same', async () => {
    await Promise.all(Array.from({length: 10}, () => files.makeDirectory(join(folder, 'a/b/c/d'))))
    expect((await files.stat(join(folder, 'a/b/c/d')))?.kind).toBe('directory')
  })
})

describe('reading', () => {
  it('does not wait for the writer of a pipe', async () => {
    spawnSync('mkfifo', [join(folder, 'pipe')])
    expect(await files.readText(join(folder, 'pipe'))).toBe('')
    expect((await files.stat(join(folder, 'pipe')))?.kind).toBe('fifo')
  })

  it('stops at the bound of something endless', async () => {
    await expect(files.read('/dev/zero', 1000)).rejects.toMatchObject({kind: 'invalid-input'})
  })
})

describe('a file system that refuses', () => {
  it('is told from a missing file, with what to do (full disk)', async ({skip}) => {
    if (process.getuid?.() !== 0) skip('mounting a small file system needs root')
    const mount = join(folder, 'small')
    await mkdir(mount)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount]).status !== 0) skip('tmpfs cannot be mounted here')
    try {
      await expect(files.write(join(mount, 'big'), Buffer.alloc(200_000))).rejects.toMatchObject({
        kind: 'unavailable', message: expect.stringContaining('the file system is full') as unknown, nextSteps: [expect.stringContaining('df')],
      })
      expect(await readdir(mount)).toEqual([])
      spawnSync('mount', ['-o', 'remount,ro', mount])
      await expect(files.write(join(mount, 'a'), 'x')).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining('read-only') as unknown})
    } finally {
      spawnSync('umount', [mount])
    }
  })

  it.each([['EIO', 'unavailable'], ['EACCES', 'forbidden'], ['ETXTBSY', 'conflict'], ['ESTALE', 'unavailable'], ['ELOOP', 'invalid-input'], ['EWHATEVER', 'unavailable']])(
    'says %s as %s, naming the path', (code, kind) => {
      const error = fileError(Object.assign(new Error(code), {code}), 'write /x/y', '/x/y')
      expect(error).toMatchObject({kind, data: {path: '/x/y', code}})
      expect(error.message).toMatch(/^cannot write \/x\/y/)
    })
})

describe('the line of /proc/PID/stat', () => {
  it('is read past a name that imitates it', () => {
    const fields = Array.from({length: 30}, (_, index) => String(index + 4))
    expect(parseProcStat(`12 (a) R 1 2 (x)) S ${fields.join(' ')}`)).toEqual({state: 'S', startTime: '22'})
  })

  it('is not believed when it is short', () => {
    expect(parseProcStat('12 (a) R 1 2')).toBeUndefined()
    expect(parseProcStat('')).toBeUndefined()
  })
})
