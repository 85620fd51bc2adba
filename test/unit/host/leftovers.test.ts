import {spawnSync} from 'node:child_process'
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it} from 'vitest'
import {leftoversIn, temporaryName, writerOf} from '../../../src/lib/host/leftovers.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'

const host = localHost('h1')
let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'corral-left-')) })
afterEach(() => rm(folder, {recursive: true, force: true}))

it('a file that is being written says by whom, and is no leftover', async () => {
  const writing = host.files.write(join(folder, 'big'), Buffer.alloc(64 * 1024 * 1024), {durable: false})
  let name: string | undefined
  while (name === undefined || name === 'big') [name] = await readdir(folder)
  expect(writerOf(name)).toEqual(await host.process(process.pid))
  expect(await leftoversIn(folder, host)).toEqual([])
  await writing
  expect(await readdir(folder)).toEqual(['big'])
})

it('a file whose writer is gone is one, also when its number belongs to a later process', async () => {
  const {pid} = spawnSync('true')
  const left = [temporaryName({pid, startTime: '5'}, 'aa'), temporaryName({pid: process.pid, startTime: '5'}, 'bb')]
  for (const name of [...left, 'vm-100-disk-0.raw', '.corral-note']) await writeFile(join(folder, name), '')
  expect(await leftoversIn(folder, host)).toEqual(left.map((name) => join(folder, name)).sort())
})

it.each(['.corral-1-2-zz.tmp', '.corral-0-2-aa.tmp', '.corral-1-aa.tmp', 'corral-1-2-aa.tmp', '.corral-1-2-aa.tmp.raw', ''])('%j is nobody\'s', (name) => {
  expect(writerOf(name)).toBeUndefined()
})
