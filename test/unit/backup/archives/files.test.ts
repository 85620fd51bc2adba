// corral backup files: what is listed of a container's backup, what is taken out of it, and what is left behind.
import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import {describe, expect, it} from 'vitest'
import {AppError} from '../../../../src/lib/base/index.ts'
import {isDirectlyIn, isWithin, plainPath} from '../../../../src/lib/backup/archives/files/archived-entries.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context, Terminal} from '../../../../src/lib/tasks/index.ts'
import {keepContainer} from '../../../support/kept-container.ts'
import {paxRecord, tarArchive} from '../../../support/tar-archive.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

const name = 'vzdump-lxc-200-2026_02_01-12_00_00.tar'
const volume = `local:backup/${name}`
const longName = 'n'.repeat(200)

interface Room { readonly context: Context; readonly folder: string; readonly root: string; readonly warnings: string[] }

async function room(archive: Buffer): Promise<Room> {
  const place = await machineRoom()
  const folder = join(place.root, 'lib/vz/dump')
  mkdirSync(folder, {recursive: true})
  writeFileSync(join(folder, name), archive)
  const opened = await place.open()
  const warnings: string[] = []
  return {context: {...opened, log: {...opened.log, warn: (message) => { warnings.push(message) }}}, folder, root: place.root, warnings}
}

async function files(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const entry = catalog.commands[`corral backup files ${command}`]
  if (entry === undefined) throw new Error('no such command')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, {volume, ...input}), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

async function addRepository(root: string, context: Context): Promise<void> {
  const entry = catalog.commands['pvesm add']
  if (entry === undefined) throw new Error('no such command')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, {storage: 'kept', type: 'restic', path: join(root, 'repository'), password: 'a word'}), context)
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => undefined, (failed: unknown) => failed)
  return error instanceof AppError ? `${error.kind}: ${error.message}` : String(error)
}

/** What a container may have, and what it may not. */
const archive = tarArchive([
  {name: './etc/vzdump/pct.conf', data: 'rootfs: local:200/x,size=1G\n'}, {name: './', type: '5'}, {name: './etc/', type: '5'}, {name: './etc/hosts', data: 'hosts\n'},
  {name: './etc/evil', type: '2', link: '/etc/passwd'}, {name: './srv/', type: '5'}, {name: './srv/null', type: '3'}, {name: './srv/pipe', type: '6'},
  {name: 'pax', type: 'x', data: paxRecord('path', `./srv/${longName}`)}, {name: './srv/short', data: 'long\n'}, {name: './srv/again', type: '1', link: './etc/hosts'},
  {name: '../../outside', data: 'no'}, {name: './srv/../../outside', data: 'no'},
])

describe('files of a backup', () => {
  it('are listed folder by folder, or all of them', async () => {
    const {context} = await room(archive)
    expect(await files('list', {}, context)).toMatchObject([{path: '/etc', type: 'folder'}, {path: '/srv', type: 'folder'}])
    expect(await files('list', {path: 'etc/'}, context)).toEqual([{path: '/etc/evil', type: 'link', size: 0, mtime: 0, target: '/etc/passwd'}, {path: '/etc/hosts', type: 'file', size: 6, mtime: 0}])
    expect(await files('list', {path: '/srv', recursive: true}, context)).toMatchObject([
      {path: '/srv/again', type: 'hard link', target: './etc/hosts'}, {path: `/srv/${longName}`, size: 5}, {path: '/srv/null', type: 'device'}, {path: '/srv/pipe', type: 'pipe'},
    ])
    expect(await files('list', {path: '/etc/hosts'}, context)).toMatchObject([{path: '/etc/hosts'}])
    expect(await refusal(files('list', {path: '/no'}, context))).toBe("not-found: there is no '/no' in the backup")
    expect(await refusal(files('list', {path: '/srv/../etc'}, context))).toMatch(/^invalid-input: .* is no path in a backup$/)
  }, 60_000)

  it('go into a new folder, without devices and without what leads elsewhere', async () => {
    const {context, root, warnings} = await room(archive)
    const target = join(root, 'out')
    await files('extract', {'extra-args': ['/'], target}, context)
    expect(statSync(target).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(target, 'etc/hosts'), 'utf8')).toBe('hosts\n')
    expect(readFileSync(join(target, 'srv', longName), 'utf8')).toBe('long\n')
    expect(statSync(join(target, 'srv/again')).ino).toBe(statSync(join(target, 'etc/hosts')).ino)
    for (const left of ['out/srv/null', 'out/srv/pipe', 'outside', 'out/outside']) expect(existsSync(join(root, left)), left).toBe(false)
    expect(warnings).toEqual(["'/srv/null' is a device or a pipe and is left out", "'/srv/pipe' is a device or a pipe and is left out"])
    expect(await refusal(files('extract', {'extra-args': ['/etc'], target}, context))).toMatch(/^conflict: .* is there already$/)
    expect(readFileSync(join(target, 'etc/hosts'), 'utf8')).toBe('hosts\n')
  }, 60_000)

  it('pass to standard output as a tar archive', async () => {
    const {context, root, warnings} = await room(archive)
    const output = new PassThrough()
    const parts: Buffer[] = []
    output.on('data', (part: Buffer) => parts.push(part))
    await files('extract', {'extra-args': ['srv', 'etc/evil']}, {...context, terminal: {input: process.stdin, output} as unknown as Terminal})
    writeFileSync(join(root, 'out.tar'), Buffer.concat(parts))
    expect(execFileSync('tar', ['-tf', join(root, 'out.tar')], {encoding: 'utf8', timeout: 60_000})).toBe(`./etc/evil\n./srv/\n./srv/${longName}\n`)
    expect(warnings).toContain("'/srv/again' is another name of '/etc/hosts', which is not taken: take that as well")
  }, 60_000)

  it.each<[string, (whole: Buffer) => Buffer, readonly string[], RegExp]>([
    ['is cut off', (whole) => whole.subarray(0, whole.length - 2048), ['/'], /^invalid-input: .*cut off/],
    ['is damaged', (whole) => { const bad = Buffer.from(whole); bad.fill(0x41, 2048, 2100); return bad }, ['/'], /^invalid-input: /],
    ['has no such file', (whole) => whole, ['/etc/hosts', '/no'], /^not-found: there is no '\/no' in the backup/],
  ])('leave nothing when the archive %s', async (_about, change, paths, reason) => {
    const {context, root} = await room(change(archive))
    const target = join(root, 'out')
    expect(await refusal(files('extract', {'extra-args': paths, target}, context))).toMatch(reason)
    expect(existsSync(target)).toBe(false)
  }, 60_000)

  it('come out of compressed archives, and of repositories', async () => {
    const {context, root, folder} = await room(archive)
    execFileSync('zstd', ['-q', join(folder, name)], {timeout: 60_000})
    await files('extract', {volume: `${volume}.zst`, 'extra-args': ['etc/hosts'], target: join(root, 'out')}, context)
    expect(readFileSync(join(root, 'out/etc/hosts'), 'utf8')).toBe('hosts\n')

    await addRepository(root, context)
    const kept = await keepContainer('kept', archive, context)
    expect(await files('list', {volume: kept, path: '/etc'}, context)).toMatchObject([{path: '/etc/evil'}, {path: '/etc/hosts', size: 6}])
    await files('extract', {volume: kept, 'extra-args': ['etc/hosts'], target: join(root, 'kept')}, context)
    expect(readFileSync(join(root, 'kept/etc/hosts'), 'utf8')).toBe('hosts\n')
    expect(await refusal(files('list', {volume: kept, path: '/no'}, context))).toBe("not-found: there is no '/no' in the backup")
  }, 240_000)
})

it('paths are those of the container', () => {
  expect(['/', './etc/', '//a///b/.'].map(plainPath)).toEqual(['', 'etc', 'a/b'])
  expect(isWithin('etcetera', 'etc')).toBe(false)
  expect(['etc', 'etc/x', 'etc/x/y'].map((path) => isDirectlyIn(path, ''))).toEqual([true, false, false])
  expect(['etc', 'etc/x', 'etc/x/y'].map((path) => isDirectlyIn(path, 'etc'))).toEqual([true, true, false])
})
