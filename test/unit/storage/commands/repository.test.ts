// What pvesm does with a repository of backups as a storage: its password is tried before it is kept, and what is damaged in it hides nothing else.
import {rename, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, describe, expect, it} from 'vitest'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {openStorage} from '../../../../src/lib/storage/index.ts'
import {installation} from '../../tasks/demo/installation.ts'
import type {Installation} from '../../tasks/demo/installation.ts'
import {pvesm, pvesmResult, storageCatalog} from './catalog.ts'

const password = 'correct horse'
let place: Installation
let context: Context
let folder: string

beforeEach(async () => {
  place = await installation({catalog: storageCatalog})
  context = await place.open()
  folder = join(place.root, 'repository')
  await pvesm('add', {type: 'restic', storage: 'kept', path: folder, password}, context)
})

const kept = async () => (await context.store.read('priv/storage/kept.pw'))?.data
const warnings = () => place.lines.filter((line) => line.startsWith('WARN: '))

describe('another password', {timeout: 120_000}, () => {
  it('that does not open it is refused, in a dry run as well, and the old one stays', async () => {
    const refusal = {kind: 'forbidden', message: "the password of storage 'kept' does not open its repository", nextSteps: ['Set the right one: pvesm set kept --password <password>']}
    for (const dryRun of [true, false]) await expect(pvesm('set', {storage: 'kept', password: 'wrong horse'}, context, {dryRun})).rejects.toMatchObject(refusal)
    expect(await kept()).toBe(`${password}\n`)
    await pvesm('set', {storage: 'kept', password}, context)
    expect(await kept()).toBe(`${password}\n`)
  })

  it('is kept with a warning where it cannot be tried, and without one on hosts that do not use it', async () => {
    await rename(folder, `${folder}.away`)
    await pvesm('set', {storage: 'kept', password: 'of later'}, context)
    expect(await kept()).toBe('of later\n')
    expect(warnings()).toEqual([expect.stringMatching(/^WARN: the password could not be tried: there is no backup repository in /)])
    await pvesm('set', {storage: 'kept', password: 'of others', nodes: 'h2'}, context)
    expect([await kept(), warnings().length]).toEqual(['of others\n', 1])
  })
})

it('a snapshot that is damaged is named, and hides no other', async () => {
  const {repository} = await openStorage('kept', context)
  await repository?.use(async (open) => {
    const {id: tree} = await open.save('tree', Buffer.from('{"nodes":[]}'))
    await open.saveSnapshot({takenAtMs: Date.UTC(2026, 0, 1), tree, hostname: 'h1', username: 'root', paths: ['/qemu/100'], tags: ['corral']})
  })
  const damaged = 'ab'.repeat(32)
  await writeFile(join(folder, 'snapshots', damaged), 'x'.repeat(200))
  const volid = 'kept:backup/vm/100/2026-01-01T00:00:00Z'
  expect(await pvesmResult('list', {storage: 'kept'}, context)).toMatchObject([{volid}])
  expect(await pvesmResult('prune-backups', {storage: 'kept', 'keep-last': '1'}, context)).toMatchObject([{volid, mark: 'keep'}])
  const told = `WARN: the snapshot ${damaged} in ${folder} is damaged and left out: the file snapshots/${damaged} of the repository is damaged`
  expect(warnings()).toEqual([told, told])
}, 120_000)
