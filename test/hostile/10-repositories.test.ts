// Entry 10: a repository of backups into which somebody who knows its password, or has its folder, has put what no program writes: sizes that cannot be, pieces that grow without
// measure, names that lead elsewhere, packs that are cut off, snapshots, locks and keys of no form. Refused or passed over, in bounded memory.
import {execFileSync} from 'node:child_process'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {AppError, systemClock} from '../../src/lib/base/index.ts'
import {localHost} from '../../src/lib/host/local/index.ts'
import {textIn} from '../../src/lib/storage/repository/find-backup.ts'
import {readGuestSnapshot} from '../../src/lib/storage/repository/guest-snapshot.ts'
import {newKeyFile} from '../../src/lib/storage/repository/key-file.ts'
import {folderLimits, maxBlobBytes} from '../../src/lib/storage/repository/limits.ts'
import {underLock} from '../../src/lib/storage/repository/locks.ts'
import {openMachine} from '../../src/lib/storage/repository/machine-backup.ts'
import {zstdOn} from '../../src/lib/storage/repository/packed.ts'
import {filesInFolder} from '../../src/lib/storage/repository/repository-files.ts'
import type {RepositoryFolder} from '../../src/lib/storage/repository/repository-files.ts'
import {openRepository} from '../../src/lib/storage/repository/repository.ts'
import type {RepositoryTools} from '../../src/lib/storage/repository/repository.ts'
import {hashOf, seal} from '../../src/lib/storage/repository/seal.ts'
import type {SealKey} from '../../src/lib/storage/repository/seal.ts'
import {parseTree} from '../../src/lib/storage/repository/tree.ts'

const host = localHost('h1')
const owner = {hostname: 'h1', username: 'root', createdAtMs: 0}
/** Quick, where nothing is to be kept from anybody. */
const costs = {N: 2, r: 1, p: 1}
const id = 'ab'.repeat(32)
let folder: string
let tools: RepositoryTools
let key: SealKey

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'corral-hostile-repository-'))
  tools = {files: filesInFolder(host, folder), compressor: zstdOn(host)}
  await tools.files.makeFolders()
  const made = await newKeyFile('word', owner, undefined, costs)
  key = made.key
  await tools.files.write('keys', made.name, made.data)
  await tools.files.writeConfig(seal(key, Buffer.from(JSON.stringify({version: 2, id, chunker_polynomial: '3da3358b4dc173'}))))
})

afterEach(async () => { await fs.rm(folder, {recursive: true, force: true}) })

const open = () => openRepository(tools, 'word')

/** Puts a file there as whoever knows the password may. */
async function put(place: RepositoryFolder, data: Buffer | object): Promise<string> {
  const sealed = seal(key, Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data)))
  const name = hashOf(sealed)
  await tools.files.write(place, name, sealed)
  return name
}

/** Compressed JSON, as restic marks it. */
function compressed(plain: Buffer): Buffer {
  return Buffer.concat([Buffer.from([2]), execFileSync('zstd', ['-q', '-1', '-c'], {input: plain, maxBuffer: 64 * 1024 * 1024})])
}

/** A pack of one piece, named by an index that says of it what is given. */
async function putBlob(data: Buffer, blob: Readonly<Record<string, unknown>>): Promise<void> {
  const sealed = seal(key, data)
  const pack = hashOf(sealed)
  await tools.files.write('data', pack, sealed)
  await put('index', {packs: [{id: pack, blobs: [{id, type: 'data', offset: 0, length: sealed.length, ...blob}]}]})
}

/** It is refused in words, and without a large part of it in memory. */
async function refused(work: Promise<unknown>, words: RegExp): Promise<void> {
  const before = process.memoryUsage().rss
  const error: unknown = await work.then(() => undefined, (thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(AppError)
  expect(error).toMatchObject({kind: 'invalid-input', message: expect.stringMatching(words) as string})
  expect((error as AppError).message.length).toBeLessThan(400)
  expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024)
}

/** It keeps no snapshot from being read, and is told in words. */
async function passedOver(words: RegExp): Promise<void> {
  const problems: string[] = []
  const before = process.memoryUsage().rss
  expect(await (await open()).snapshots((problem) => problems.push(problem))).toEqual([])
  expect(problems).toEqual([expect.stringMatching(/^the snapshot \w+ in \S+ is damaged and left out: /)])
  expect(problems[0]?.split(' left out: ')[1]).toMatch(words)
  expect(problems[0]?.length).toBeLessThan(700)
  expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024)
}

describe('pieces', () => {
  it.each([
    ['as large as a file', {length: maxBlobBytes + 1}], ['of 4 GiB', {length: 2 ** 32 - 1}], ['that become 4 GiB', {uncompressed_length: 2 ** 32 - 1}], ['behind every pack', {offset: 2 ** 40}],
    ['of less than nothing', {length: -1}], ['of no number', {length: '64'}], ['of half a byte', {length: 64.5}], ['of an unknown kind', {type: 'link'}], ['of another name', {id: '../../../etc/passwd'}],
  ])('%s', async (_what, blob) => {
    await putBlob(Buffer.from('words'), blob)
    await refused((await open()).load('data', id), /repository/)
  })

  it.each([
    ['longer than their pack', {length: maxBlobBytes}], ['behind the end of their pack', {offset: 1000}], ['cut off', {length: 20}], ['of nothing', {length: 0}],
    ['of other bytes', {}], ['that are not compressed', {uncompressed_length: 5}],
  ])('%s', async (_what, blob) => {
    await putBlob(Buffer.from('words'), blob)
    await refused((await open()).load('data', id), /damaged|cut off/)
  })

  it('that become larger than the index says', async () => {
    const bomb = execFileSync('sh', ['-c', 'head -c 1073741824 /dev/zero | zstd -q -1 -c'], {maxBuffer: 16 * 1024 * 1024})
    await putBlob(bomb, {uncompressed_length: 1000})
    await refused((await open()).load('data', id), /larger than it says|damaged/)
  })

  it('of a pack in another place', async () => {
    await put('index', {packs: [{id: '../../config', blobs: []}]})
    await refused((await open()).readIndex(), /no identifier/)
  })
})

describe('indexes and snapshots that are larger than any', () => {
  it('in parts', async () => {
    await put('index', compressed(Buffer.from(`{"packs":[${'[],'.repeat(2_000_001)}[]]}`)))
    await refused((await open()).readIndex(), /more than 2000000 parts/)
  })

  it('in bytes', async () => {
    await put('snapshots', compressed(Buffer.alloc(folderLimits.snapshots.jsonBytes + 1, 0x20)))
    await passedOver(/larger than it says|piece of the repository is damaged/)
  })

  it('on disk', async () => {
    await fs.writeFile(path.join(folder, 'snapshots', id), '')
    await fs.truncate(path.join(folder, 'snapshots', id), 2 ** 40)
    await passedOver(/bytes|MiB|large/)
  })

  it('in a text', async () => {
    await put('snapshots', {time: '2026-01-01T00:00:00Z', tree: id, paths: ['/qemu/100'], tags: ['x'.repeat(300_000)]})
    await passedOver(/a text of more than/)
  })
})

describe('trees', () => {
  const node = {name: 'drive-scsi0.raw', type: 'file', size: 0, content: []}
  const tree = (...nodes: unknown[]) => Buffer.from(JSON.stringify({nodes}))

  it.each(['..', '.', '', '../../etc/shadow', '/etc/shadow', 'a\0b'])('the name %j', (name) => { expect(() => parseTree(tree({...node, name}))).toThrow('a name that cannot be') })

  it.each([
    ['a name twice', [node, node]], ['a size that is none', [{...node, size: -1}]], ['a size without end', [{...node, size: 1e300}]], ['pieces that are none', [{...node, content: ['../x']}]],
    ['an entry that is none', [7]], ['a folder without a tree', [{...node, type: 'dir'}]], ['a mode that is none', [{...node, mode: 'rwx'}]],
  ])('%s', (_what, nodes) => { expect(() => parseTree(tree(...nodes))).toThrow(AppError) })

  it('what is neither file nor folder is left out', () => {
    expect(parseTree(tree({name: 'qemu-server.conf', type: 'symlink', linktarget: '/etc/shadow'}, {name: 'x', type: 'dev', device: 1}))).toEqual([])
  })

  it('a configuration that is larger than it says', async () => {
    const repository = await open()
    const {id: piece} = await repository.save('data', Buffer.alloc(8 * 1024 * 1024, 0x20))
    const {id: root} = await repository.save('tree', tree({...node, name: 'qemu-server.conf', size: 10, content: [piece]}))
    await repository.flush()
    await refused(openMachine(repository, root), /does not have its 10 bytes/)
    await refused(textIn(repository, [{type: 'file', name: 'pct.conf', sizeBytes: 10, modifiedAtMs: 0, mode: 0, content: [piece]}], 'pct.conf'), /does not have its 10 bytes/)
  })
})

describe('snapshots', () => {
  const good = {time: '2026-01-01T00:00:00Z', tree: id, paths: ['/qemu/100'], hostname: 'h1', username: 'root', tags: ['corral']}

  it.each([
    ['no time', {time: 'soon'}], ['a number for a time', {time: 5}], ['a tree elsewhere', {tree: '../x'}], ['paths that are none', {paths: '/qemu/100'}], ['tags that are none', {tags: [{}]}],
    ['a host that is none', {hostname: 5}], ['an original elsewhere', {original: 'x'}],
  ])('with %s', async (_what, fields) => {
    await put('snapshots', {...good, ...fields})
    await passedOver(/snapshot/)
  })

  it('of others and of times that no name tells are no backups, and hide none', async () => {
    for (const fields of [
      {}, {time: '+275760-09-13T00:00:00Z'}, {time: '-000001-01-01T00:00:00Z'}, {paths: ['/qemu/../100']}, {paths: ['/qemu/100', '/etc']}, {paths: ['/qemu/99999999999999']}, {paths: []}, {tags: null}, {tags: ['corral-unfinished']},
    ]) await put('snapshots', {...good, ...fields})
    const backups = (await (await open()).snapshots()).map(readGuestSnapshot).filter((one) => one !== undefined)
    expect(backups).toEqual([{guestType: 'qemu', vmid: 100, takenAtMs: Date.UTC(2026, 0, 1), sizeBytes: 0, isProtected: false}])
  })

  it('under the name of others, and links in their place', async () => {
    await fs.symlink('/etc/passwd', path.join(folder, 'snapshots', id))
    await passedOver(/the file snapshots\/\w+ of the repository is damaged/)
  })
})

describe('locks', () => {
  it.each([
    ['no JSON', Buffer.from('nonsense')], ['a list', Buffer.from('[]')], ['nothing', Buffer.alloc(0)], ['no time', {pid: 1}], ['a process below none', {time: '2026-01-01T00:00:00Z', pid: -1}],
    ['a process without end', {time: '2026-01-01T00:00:00Z', pid: 1e300}], ['a host that is none', {time: '2026-01-01T00:00:00Z', hostname: []}], ['a bomb', compressed(Buffer.alloc(1024 * 1024, 0x20))],
  ])('with %s are named, and what to do about them', async (_what, data) => {
    const name = await put('locks', data)
    const repository = await open()
    await refused(underLock(repository, false, {host, clock: systemClock}, async () => 'never'), new RegExp(`the lock ${name} of the repository cannot be read`))
    expect(await repository.lockNames()).toEqual([name])
  })
})

describe('keys', () => {
  const keyFile = async (fields: object) => {
    const {data} = await newKeyFile('word', owner, key, costs)
    const changed = Buffer.from(JSON.stringify({...JSON.parse(data.toString()) as object, ...fields}))
    return {name: hashOf(changed), data: changed}
  }

  it.each([
    ['memory without end', {N: 2 ** 40}], ['more memory than there is', {N: 2 ** 24, r: 8}], ['hours', {N: 2 ** 20, r: 8, p: 64}], ['no cost', {N: 0}], ['a cost that is no power of two', {N: 3}], ['another way', {kdf: 'none'}],
  ])('that want %s', async (_what, fields) => {
    for (const name of await tools.files.list('keys')) await tools.files.remove('keys', name)
    const {name, data} = await keyFile(fields)
    await tools.files.write('keys', name, data)
    await refused(open(), /scrypt|unknown way/)
  })

  it('that are none do not keep others from opening it', async () => {
    for (const digit of '0123') await fs.writeFile(path.join(folder, 'keys', digit.repeat(64)), 'nonsense')
    await expect(open()).resolves.toBeDefined()
    await expect(openRepository(tools, 'another')).rejects.toThrow('the password does not open this repository')
  })

  it('without end', async () => {
    for (let count = 0; count < folderLimits.keys.files; count++) await fs.writeFile(path.join(folder, 'keys', count.toString(16).padStart(64, '0')), '{}')
    await refused(open(), /the folder keys of the repository has 101 files/)
  })
})

it('passes over files of other names', async () => {
  for (const name of ['.hidden', 'x'.repeat(64), `${id}.tmp`, id.toUpperCase(), `${id}\n`]) await fs.writeFile(path.join(folder, 'snapshots', name), 'nonsense')
  expect(await (await open()).snapshots()).toEqual([])
})
