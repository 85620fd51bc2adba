// Entry 39: everything that is read has a largest size, and what is expensive to read is refused before it is read. (Patterns are in
// 39-patterns, growth with the length in test/fuzz.)
import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {AppError, formatUpid} from '../../src/lib/base/index.ts'
import {MessageReader} from '../../src/lib/guest/qemu/qmp/message-reader.ts'
import {parseQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {localFiles} from '../../src/lib/host/local/files.ts'
import {FrameReader, greeting} from '../../src/lib/host/protocol/frames.ts'
import {decodeObject} from '../../src/lib/host/protocol/json-payload.ts'
import {readSmallFile} from '../../src/lib/host/ssh/config-files.ts'
import {readSshConfig} from '../../src/lib/host/ssh/ssh-config.ts'
import {readContexts} from '../../src/lib/hosts/contexts-file.ts'
import {parseContexts} from '../../src/lib/hosts/contexts.ts'
import {parseSectionConfig} from '../../src/lib/spec/section-config.ts'
import {shellSplit} from '../../src/lib/spec/shell-words.ts'
import {indexPath, logPath} from '../../src/lib/tasks/task-files.ts'
import {endedTasks} from '../../src/lib/tasks/task-index.ts'
import {machineRoom} from '../unit/guest/qemu/support/run-qm.ts'
import {failureOf} from './support/in-process.ts'

const mebibyte = 1024 * 1024

/** A file that says it has that many bytes, all of them zero, and takes no room. */
function sparse(sizeBytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'corral-39-'))
  onTestFinished(() => { rmSync(folder, {recursive: true, force: true}) })
  const path = join(folder, 'large')
  writeFileSync(path, '', {mode: 0o600})
  truncateSync(path, sizeBytes)
  return path
}

/** It is refused, in words, and without a large part of it in memory. */
async function refused(read: () => unknown, kinds = ['invalid-input']): Promise<void> {
  const before = process.memoryUsage().rss
  const error: unknown = await Promise.resolve().then(read).then(() => undefined, (thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(AppError)
  expect(kinds).toContain((error as AppError).kind)
  expect((error as AppError).message.length).toBeLessThan(1000)
  expect(process.memoryUsage().rss - before).toBeLessThan(256 * mebibyte)
}

describe('files', () => {
  it('of the user that are too large are not read', async () => {
    const path = sparse(3 * 1024 * mebibyte)
    await refused(() => readContexts(path, localFiles))
    await refused(() => readSmallFile(path))
    await refused(() => localFiles.readText(path, mebibyte), ['invalid-input', 'unavailable', 'tool', 'unsupported'])
  })

  it('that are no files do not make us wait', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'corral-39-'))
    onTestFinished(() => { rmSync(folder, {recursive: true, force: true}) })
    execFileSync('mkfifo', [join(folder, 'fifo')])
    expect(readSmallFile(join(folder, 'fifo'))).toBeUndefined()
    expect(readSmallFile('/dev/zero')).toBeUndefined()
    await expect(Promise.race([localFiles.readText(join(folder, 'fifo'), 1024).catch((error: unknown) => (error as AppError).kind), new Promise((resolve) => { setTimeout(resolve, 5000, 'waits').unref() })])).resolves.not.toBe('waits')
  })

  it('of tasks are read in part, however large they have become', async () => {
    const place = await machineRoom()
    const context = await place.open()
    const upid = formatUpid({node: 'h1', pid: 1, pstart: 1, starttime: 16, type: 'qmstart', id: '100', user: 'root@pam'})
    await context.host.files.append(logPath(context.places, upid), 'first line\n').catch(async () => {
      await context.host.files.makeDirectory(join(place.root, 'log/tasks/0'), 0o700)
      await context.host.files.append(logPath(context.places, upid), 'first line\n')
    })
    truncateSync(logPath(context.places, upid), 2 * 1024 * mebibyte)
    const before = process.memoryUsage().rss
    expect(await failureOf(['pvenode', 'task', 'status', upid], context)).toBeUndefined()
    await failureOf(['pvenode', 'task', 'log', upid, '--limit', '10'], context)
    writeFileSync(indexPath(context.places), '')
    truncateSync(indexPath(context.places), 2 * 1024 * mebibyte)
    expect(await endedTasks(context)).toEqual([])
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * mebibyte)
  })
})

describe('texts', () => {
  it('that are too long are refused before they are looked at', async () => {
    await refused(() => parseContexts('a'.repeat(300_000), '/c'))
    await refused(() => parseQemuConfig('a: b\n'.repeat(300_000)))
    await refused(() => parseQemuConfig(`a: ${'b'.repeat(70_000)}\n`))
    await refused(() => parseSectionConfig('a: b\n\n'.repeat(300_000), {}))
    await refused(() => shellSplit('a '.repeat(600_000)))
    await refused(() => readSshConfig({host: 'x', localUser: 'a', include: () => []}, [{path: '/c', kind: 'user', text: '\n'.repeat(300_000)}]))
    await refused(() => readSshConfig({host: 'x', localUser: 'a', include: (_, from) => [from]}, [{path: '/c', kind: 'user', text: 'Include x\n'}]))
  })

  it('that are small and mean much are refused: aliases, levels and keys of YAML', async () => {
    const levels = Array.from({length: 30}, (_, level) => `a${level}: &a${level} [${level === 0 ? '1' : Array(9).fill(`*a${level - 1}`).join(', ')}]`)
    for (const text of [`${levels.join('\n')}\n`, '['.repeat(60_000), '{'.repeat(60_000), '- '.repeat(400), '? '.repeat(400), 'a: &x [*x]\n', '!!js/function x\n', `"${'\\u0041'.repeat(200)}${'x'.repeat(2000)}"`, '[a]\n'.repeat(60_000), '"'.repeat(200_000)]) {
      await refused(() => parseContexts(text, '/c'))
    }
  })

  it('from the other side are refused by what they announce', async () => {
    const header = Buffer.alloc(9)
    header.writeUInt32BE(0xffff_ffff, 0)
    header.writeUInt8(1, 4)
    await refused(() => [...new FrameReader().push(Buffer.concat([greeting, header]))], ['tool'])
    await refused(() => decodeObject(Buffer.from('['.repeat(900_000)), 'x'), ['tool'])
    await refused(() => [...new MessageReader(mebibyte).push(Buffer.alloc(2 * mebibyte, 0x61))], ['unavailable'])
    await refused(() => [...new MessageReader(mebibyte).push(Buffer.from(`${'['.repeat(500_000)}\n`))], ['unavailable'])
  })
})

it('a caller who may not is refused before what it sends is read', async () => {
  const place = await machineRoom()
  const context = await place.open()
  const stranger = {...context, caller: {user: 'ann@pam', isRoot: false}, host: new Proxy(context.host, {get: (_, name) => { throw new Error(`the host was asked for ${String(name)}`) }})}
  for (const words of [['qm', 'set', '100', '--args', 'x '.repeat(5000)], ['pvesm', 'path', `local:${'x'.repeat(900)}`], ['qm', 'destroy', '100'], ['pvenode', 'task', 'list']]) {
    const error = await failureOf(words, stranger)
    if (error !== undefined) expect(['forbidden', 'invalid-input'], words.join(' ').slice(0, 80)).toContain(error.kind)
  }
})
