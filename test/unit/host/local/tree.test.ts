// A tree whose content means harm: nothing outside of it is read or written, also while somebody exchanges folders and links.
import fs from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import {afterEach, beforeEach, expect, it} from 'vitest'
import {openFileTree} from '../../../../src/lib/host/local/tree.ts'
import type {FileTree} from '../../../../src/lib/host/index.ts'
import {scaledCount} from '../../../support/rounds.ts'

let folder: string
let root: string
let tree: FileTree

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'corral-tree-'))
  root = join(folder, 'root')
  fs.mkdirSync(join(root, 'etc'), {recursive: true})
  fs.mkdirSync(join(root, 'usr/lib'), {recursive: true})
  fs.mkdirSync(join(folder, 'outside'))
  fs.writeFileSync(join(folder, 'outside/file'), 'outside')
  fs.writeFileSync(join(root, 'etc/hostname'), 'inside')
  tree = openFileTree(root)
})

afterEach(() => {
  tree.close()
  fs.rmSync(folder, {recursive: true, force: true})
})

const link = (target: string, path: string) => { fs.symlinkSync(target, join(root, path)) }

it('follows links to other places in the tree, and to nothing else', async () => {
  fs.writeFileSync(join(root, 'usr/lib/os-release'), 'ID=x')
  link('../usr/lib/os-release', 'etc/os-release')
  link('/etc', 'e')
  link(join(folder, 'outside/file'), 'etc/absolute')
  link('../../outside/file', 'etc/up')
  link('../outside', 'away')
  link('round', 'round')
  expect(await tree.readText('/etc/os-release')).toBe('ID=x')
  expect(await tree.readText('e/hostname')).toBe('inside')
  expect(await tree.readText('../../etc/../etc//./hostname')).toBe('inside')
  for (const path of ['etc/absolute', 'etc/up', 'away/file', 'none/file']) expect([await tree.readText(path), await tree.stat(path)], path).toEqual([undefined, undefined])
  await expect(tree.readText('round')).rejects.toThrow('more than 40 links')
  expect(await tree.readLink('away')).toBe('../outside')
  expect(await tree.list('/')).toEqual(['away', 'e', 'etc', 'round', 'usr'])
})

it('replaces a link instead of writing through it, and makes no folder through one', async () => {
  link(join(folder, 'outside/file'), 'etc/resolv.conf')
  link(join(folder, 'outside'), 'network')
  await tree.write('etc/resolv.conf', 'new', {mode: 0o600})
  expect(fs.readFileSync(join(root, 'etc/resolv.conf'), 'utf8')).toBe('new')
  expect(fs.statSync(join(root, 'etc/resolv.conf')).mode & 0o777).toBe(0o600)
  await expect(tree.write('network/file', 'harm')).rejects.toMatchObject({kind: 'not-found'})
  await expect(tree.makeDirectory('network/below')).rejects.toThrow()
  expect([fs.readFileSync(join(folder, 'outside/file'), 'utf8'), fs.readdirSync(join(folder, 'outside'))]).toEqual(['outside', ['file']])
  expect(await tree.remove('etc/resolv.conf')).toBe(true)
  expect(await tree.remove('etc/resolv.conf')).toBe(false)
})

it('opens no device, no FIFO and nothing too large, and leaves no descriptor open', async () => {
  const before = fs.readdirSync('/proc/self/fd').length
  fs.writeFileSync(join(root, 'large'), Buffer.alloc(2000))
  await expect(tree.read('large', 1000)).rejects.toMatchObject({kind: 'invalid-input'})
  await expect(tree.read('etc')).rejects.toThrow('is not a plain file')
  await tree.makeDirectory('a/b/c', {mode: 0o700})
  expect(fs.statSync(join(root, 'a/b')).mode & 0o777).toBe(0o700)
  await expect(tree.write('x\0y', '')).rejects.toMatchObject({kind: 'invalid-input'})
  expect(fs.readdirSync('/proc/self/fd').length).toBe(before)
})

it('stays inside while another thread exchanges a folder and a link to the outside', async () => {
  fs.mkdirSync(join(root, 'spot'))
  fs.writeFileSync(join(root, 'spot/file'), 'inside')
  link(join(folder, 'outside'), 'trap')
  const worker = new Worker(`
    const fs = require('node:fs'); const {workerData: root} = require('node:worker_threads')
    for (;;) for (const [from, to] of [['spot', 'kept'], ['trap', 'spot'], ['spot', 'trap'], ['kept', 'spot']]) try { fs.renameSync(root + '/' + from, root + '/' + to) } catch {}
  `, {eval: true, workerData: root})
  await new Promise((resolve) => worker.once('online', resolve))
  try {
    for (let round = 0; round < scaledCount(2000); round++) {
      try {
        expect(await tree.readText('spot/file') ?? 'inside').toBe('inside')
        await tree.write('spot/file', 'inside')
      } catch (error) {
        expect((error as {kind?: string}).kind).toMatch(/^(?:not-found|conflict|invalid-input|unavailable)$/)
      }
    }
  } finally {
    await worker.terminate()
  }
  expect([fs.readFileSync(join(folder, 'outside/file'), 'utf8'), fs.readdirSync(join(folder, 'outside'))]).toEqual(['outside', ['file']])
})

it('gives programs a folder of it under a path that ends with no link', async () => {
  const {kind, names} = await tree.withFolder('usr', (place) => Promise.resolve({kind: fs.lstatSync(place), names: fs.readdirSync(place)}))
  expect(kind.isDirectory()).toBe(true)
  expect(names).toEqual(['lib'])
})
