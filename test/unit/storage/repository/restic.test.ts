// Repositories that restic itself reads and checks, and those of restic that are read here: the program that the format stems from is the judge.
import {execFile} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {filesInFolder} from '../../../../src/lib/storage/repository/repository-files.ts'
import {initRepository, openRepository} from '../../../../src/lib/storage/repository/repository.ts'
import type {Repository, RepositoryTools} from '../../../../src/lib/storage/repository/repository.ts'
import {zstdOn} from '../../../../src/lib/storage/repository/packed.ts'
import {formatTree, parseTree} from '../../../../src/lib/storage/repository/tree.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'

const password = 'of several words'
const takenAtMs = Date.UTC(2026, 2, 29, 1, 30)
let folder: string
let tools: RepositoryTools

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'corral-repository-'))
  const host = localHost('h1')
  tools = {files: filesInFolder(host, path.join(folder, 'repository')), compressor: zstdOn(host, new AbortController().signal)}
  await fs.writeFile(path.join(folder, 'password'), password)
})

afterEach(async () => { await fs.rm(folder, {recursive: true, force: true}) })

/** @returns what restic printed */
async function restic(...words: readonly string[]): Promise<Buffer> {
  const argv = ['--repo', path.join(folder, 'repository'), '--password-file', path.join(folder, 'password'), '--no-cache', '--quiet', ...words]
  const {stdout} = await promisify(execFile)('restic', argv, {encoding: 'buffer', maxBuffer: 64 * 1024 * 1024, timeout: 60_000, env: {PATH: process.env['PATH'], HOME: folder}})
  return stdout
}

/** Keeps a disk of these blobs beside a configuration. */
async function saveDisk(repository: Repository, blobs: readonly Buffer[]): Promise<string> {
  const content: string[] = []
  for (const blob of blobs) content.push((await repository.save('data', blob)).id)
  const config = await repository.save('data', Buffer.from('memory: 512\n'))
  const file = {type: 'file', mode: 0o600, modifiedAtMs: takenAtMs} as const
  const tree = await repository.save('tree', formatTree([
    {...file, name: 'drive-scsi0.raw', sizeBytes: blobs.reduce((sum, {length}) => sum + length, 0), content},
    {...file, name: '100.conf', sizeBytes: 12, content: [config.id]},
  ]))
  return repository.saveSnapshot({takenAtMs, tree: tree.id, hostname: 'h1', username: 'root', paths: ['/qemu/100'], tags: ['corral']})
}

const owner = {hostname: 'h1', username: 'root', createdAtMs: takenAtMs}
const noise = randomBytes(300_000)
const disk = [noise, Buffer.alloc(400_000), Buffer.from('words that repeat '.repeat(20_000)), Buffer.alloc(400_000)]

describe('a repository that was made here', () => {
  it('is whole in the eyes of restic, which gives the disk back as it was', async () => {
    await saveDisk(await initRepository(tools, password, owner), disk)
    await restic('check', '--read-data')
    expect(JSON.parse((await restic('snapshots', '--json')).toString())).toMatchObject([{hostname: 'h1', paths: ['/qemu/100'], tags: ['corral'], time: '2026-03-29T01:30:00Z'}])
    expect((await restic('dump', 'latest', '/drive-scsi0.raw')).equals(Buffer.concat(disk))).toBe(true)
    expect((await restic('dump', 'latest', '/100.conf')).toString()).toBe('memory: 512\n')
  })

  it('keeps equal pieces once, also those of earlier backups', async () => {
    await saveDisk(await initRepository(tools, password, owner), disk)
    const before = (await tools.files.list('data')).length
    const second = await openRepository(tools, password)
    expect(await second.save('data', noise)).toMatchObject({isNew: false})
    await saveDisk(second, [...disk, randomBytes(1000)])
    expect((await tools.files.list('data')).length).toBe(before + 2)
    expect(await second.snapshots()).toHaveLength(2)
    await restic('check', '--read-data')
  })

  it('is still read here after restic has thrown a snapshot away and packed the rest anew', async () => {
    const repository = await initRepository(tools, password, owner)
    const first = await saveDisk(repository, [randomBytes(2_000_000)])
    await saveDisk(repository, disk)
    await restic('forget', '--prune', '--max-unused', '0', first.slice(0, 12))
    const again = await openRepository(tools, password)
    const [left, ...others] = await again.snapshots()
    expect(others).toEqual([])
    const [, drive] = parseTree(await again.load('tree', left?.tree ?? ''))
    if (drive?.type !== 'file') throw new Error('there is no drive in the tree')
    const pieces: Buffer[] = []
    for (const id of drive.content) pieces.push(await again.load('data', id))
    expect(Buffer.concat(pieces).equals(Buffer.concat(disk))).toBe(true)
  })
})

describe('a repository that restic made', () => {
  it('is read, and written on', async () => {
    await fs.mkdir(path.join(folder, 'source'))
    await fs.writeFile(path.join(folder, 'source', 'file'), noise)
    await restic('init')
    await restic('backup', path.join(folder, 'source'))
    const repository = await openRepository(tools, password)
    const [snapshot] = await repository.snapshots()
    let nodes = parseTree(await repository.load('tree', snapshot?.tree ?? ''))
    while (nodes[0]?.type === 'dir') nodes = parseTree(await repository.load('tree', nodes[0].subtree))
    const [file] = nodes
    if (file?.type !== 'file') throw new Error('there is no file in the tree')
    expect(file).toMatchObject({name: 'file', sizeBytes: noise.length})
    await saveDisk(repository, disk)
    await restic('check', '--read-data')
    expect(await repository.snapshots()).toHaveLength(2)
  })
})

describe('what is wrong', () => {
  it('is told: another password, no repository, two of them, a damaged pack', async () => {
    await expect(openRepository(tools, password)).rejects.toThrow(/there is no backup repository in /)
    const repository = await initRepository(tools, password, owner)
    await expect(initRepository(tools, password, owner)).rejects.toThrow(/there is a repository in .* already/)
    await expect(openRepository(tools, 'another')).rejects.toThrow('the password does not open this repository')
    const {id} = await repository.save('data', noise)
    await repository.flush()
    const [pack] = await tools.files.list('data')
    const file = path.join(folder, 'repository', 'data', pack?.slice(0, 2) ?? '', pack ?? '')
    const data = await fs.readFile(file)
    data[1000] = (data[1000] ?? 0) ^ 1
    await fs.writeFile(file, data)
    await expect((await openRepository(tools, password)).load('data', id)).rejects.toThrow(/is damaged/)
    await fs.writeFile(file, data.subarray(0, 1000))
    await expect((await openRepository(tools, password)).load('data', id)).rejects.toThrow(/is damaged/)
  })
})
