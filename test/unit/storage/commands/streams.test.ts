// pvesm export and import: from and to files of the host, and standard input and output.
import {execFileSync} from 'node:child_process'
import {readFile, readdir, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {beforeEach, describe, expect, it} from 'vitest'
import type {Context, Terminal} from '../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../src/lib/tasks/journal.ts'
import type {Installation} from '../../tasks/demo/installation.ts'
import {installation} from '../../tasks/demo/installation.ts'
import {pvesm, pvesmResult, storageCatalog} from './catalog.ts'

let place: Installation
let context: Context
beforeEach(async () => {
  place = await installation({catalog: storageCatalog})
  context = await place.open()
  await pvesm('alloc', {storage: 'local', vmid: 100, filename: 'vm-100-disk-0.raw', size: '1M'}, context)
  await writeFile(disk('100/vm-100-disk-0.raw'), Buffer.alloc(1024 ** 2, 'precious '))
})

const disk = (name: string) => join(place.root, 'lib/vz/images', name)
const source = {volume: 'local:100/vm-100-disk-0.raw', format: 'raw+size'}
const piped = (data: Buffer) => new PassThrough().end(data)
const onPipes = (input: PassThrough, output = new PassThrough()) => ({...context, terminal: {input, output} as unknown as Terminal})

// Real files are made durable, which takes long on a disk that others are busy with.
describe('pvesm export', {timeout: 120_000}, () => {
  it('writes a private file, and never over one that is there', async () => {
    const filename = join(place.root, 'stream')
    await pvesm('export', {...source, filename}, context)
    const written = await readFile(filename)
    expect([written.readBigUInt64LE(0), written.subarray(8).equals(await readFile(disk('100/vm-100-disk-0.raw')))]).toEqual([1024n ** 2n, true])
    expect((await stat(filename)).mode & 0o777).toBe(0o600)
    await expect(pvesm('export', {...source, filename}, context)).rejects.toMatchObject({kind: 'conflict'})
    expect(await readFile(filename)).toEqual(written)
  })

  it('writes to standard output, but to no terminal', async () => {
    const output = new PassThrough()
    const received = buffer(output)
    await pvesm('export', {...source, filename: '-'}, onPipes(piped(Buffer.alloc(0)), output))
    output.end()
    expect((await received).length).toBe(1024 ** 2 + 8)
    await expect(pvesm('export', {...source, filename: '-'}, onPipes(piped(Buffer.alloc(0)), Object.assign(new PassThrough(), {isTTY: true})))).rejects.toMatchObject({fields: {filename: expect.any(String) as unknown}})
  })

  it('refuses what cannot be had, says what can, and leaves no file', async () => {
    const filename = join(place.root, 'stream')
    await expect(pvesm('export', {...source, format: 'zfs', filename}, context)).rejects.toMatchObject({kind: 'unsupported', nextSteps: ['What is possible: raw+size']})
    await expect(pvesm('export', {...source, volume: 'local:100/vm-100-disk-9.raw', filename}, context)).rejects.toMatchObject({kind: 'not-found'})
    await expect(pvesm('export', {...source, filename: 'tcp://192.0.2.1'}, context)).rejects.toMatchObject({fields: {filename: expect.any(String) as unknown}})
    expect(await readdir(place.root)).not.toContain('stream')
  })
})

describe('pvesm import', {timeout: 120_000}, () => {
  const stream = async () => {
    const filename = join(place.root, 'stream')
    await pvesm('export', {...source, filename}, context)
    return filename
  }

  it('makes a volume of another format from a file', async () => {
    const filename = await stream()
    expect(await pvesmResult('import', {volume: 'local:200/vm-200-disk-0.qcow2', format: 'raw+size', filename}, context)).toBe('local:200/vm-200-disk-0.qcow2')
    execFileSync('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', disk('100/vm-100-disk-0.raw'), disk('200/vm-200-disk-0.qcow2')])
  })

  it('makes one from standard input, under another name when it may and has to', async () => {
    const bytes = await readFile(await stream())
    const wish = {volume: 'local:200/vm-200-disk-0.raw', format: 'raw+size', filename: '-'}
    expect(await pvesmResult('import', wish, onPipes(piped(bytes)))).toBe(wish.volume)
    await expect(pvesm('import', wish, onPipes(piped(bytes)))).rejects.toMatchObject({kind: 'conflict', nextSteps: [expect.stringContaining('--allow-rename')]})
    expect(await pvesmResult('import', {...wish, 'allow-rename': true}, onPipes(piped(bytes)))).toBe('local:200/vm-200-disk-1.raw')
    expect(await readFile(disk('200/vm-200-disk-1.raw'))).toEqual(bytes.subarray(8))
  })

  it('leaves nothing of a stream that ends early, or is not what it says', async () => {
    const bytes = await readFile(await stream())
    const wish = {volume: 'local:200/vm-200-disk-0.raw', format: 'raw+size', filename: '-'}
    for (const bad of [bytes.subarray(0, 5000), Buffer.concat([bytes, Buffer.from('more')]), Buffer.alloc(4)]) {
      await expect(pvesm('import', wish, onPipes(piped(bad)))).rejects.toMatchObject({kind: 'invalid-input'})
    }
    await expect(pvesm('import', {...wish, format: 'zfs'}, onPipes(piped(bytes)))).rejects.toMatchObject({kind: 'unsupported'})
    await expect(pvesm('import', {...wish, filename: join(place.root, 'none')}, context)).rejects.toMatchObject({kind: 'not-found'})
    await expect(pvesm('import', {...wish, base: 'first'}, onPipes(piped(bytes)))).rejects.toBeDefined()
    expect(await readdir(disk(''))).toEqual(['100'])
    expect(await readJournals(context.store)).toEqual([])
  })
})
