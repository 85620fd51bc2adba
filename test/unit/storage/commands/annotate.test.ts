// Notes and protection of backups, and who may remove what.
import {mkdir, readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, describe, expect, it} from 'vitest'
import {commands} from '../../../../src/lib/storage/commands/index.ts'
import {checkParams} from '../../../../src/lib/spec/validate.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import {installation} from '../../tasks/demo/installation.ts'
import {pvesm, storageCatalog} from './catalog.ts'

let context: Context
let dump: string
beforeEach(async () => {
  const place = await installation({catalog: storageCatalog})
  context = await place.open()
  dump = join(place.root, 'lib/vz/dump')
  await mkdir(dump, {recursive: true})
  for (const day of [1, 2, 3]) await writeFile(join(dump, fileOf(day)), 'x')
  await writeFile(join(dump, 'vzdump-lxc-100-2025_01_01-12_00_00.tar.zst'), 'x')
})

const fileOf = (day: number) => `vzdump-qemu-100-2025_01_0${day}-12_00_00.vma.zst`
const idOf = (day: number) => `local:backup/${fileOf(day)}`

async function annotate(params: Readonly<Record<string, unknown>>) {
  const {handler} = await (commands['corral storage annotate'] as NonNullable<(typeof commands)[string]>).handler()
  return runHandler(handler, checkParams(handler.spec.params, params), context)
}

describe('corral storage annotate', () => {
  it('writes notes beside the backup, changes them and takes them away', async () => {
    await annotate({volume: idOf(1), notes: 'before the upgrade\n\n'})
    expect(await readFile(join(dump, `${fileOf(1)}.notes`), 'utf8')).toBe('before the upgrade\n')
    await annotate({volume: `backup/${fileOf(1)}`, storage: 'local', notes: 'zwei\nZeilen'})
    expect(await readFile(join(dump, `${fileOf(1)}.notes`), 'utf8')).toBe('zwei\nZeilen\n')
    await annotate({volume: idOf(1), notes: ''})
    await expect(stat(join(dump, `${fileOf(1)}.notes`))).rejects.toThrow('ENOENT')
  })

  it('protects a backup from being removed, until it does no more', async () => {
    await annotate({volume: idOf(1), protected: true})
    await expect(pvesm('free', {volume: idOf(1)}, context)).rejects.toMatchObject({
      kind: 'conflict', nextSteps: [`Take the protection away first: corral storage annotate ${idOf(1)} --protected 0`],
    })
    await annotate({volume: idOf(1), protected: false})
    await pvesm('free', {volume: idOf(1)}, context)
  })

  it('protects as many backups of a guest as the storage lets it, each kind by itself', async () => {
    await pvesm('set', {storage: 'local', 'max-protected-backups': 2}, context)
    for (const day of [1, 2, 2]) await annotate({volume: idOf(day), protected: true})
    await expect(annotate({volume: idOf(3), protected: true})).rejects.toMatchObject({kind: 'conflict', data: {vmid: 100, limit: 2}})
    await annotate({volume: 'local:backup/vzdump-lxc-100-2025_01_01-12_00_00.tar.zst', protected: true})
    await annotate({volume: idOf(3), notes: 'unprotected'})
    await pvesm('set', {storage: 'local', 'max-protected-backups': -1}, context)
    await annotate({volume: idOf(3), protected: true})
  })

  it('refuses what is no backup, what is not there, and nothing to be done', async () => {
    await pvesm('alloc', {storage: 'local', vmid: 100, filename: '', size: '1M'}, context)
    await expect(annotate({volume: 'local:100/vm-100-disk-0.raw', notes: 'x'})).rejects.toMatchObject({kind: 'unsupported'})
    await expect(annotate({volume: idOf(4), notes: 'x'})).rejects.toMatchObject({kind: 'not-found'})
    await expect(annotate({volume: idOf(1)})).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(annotate({volume: 'local:backup/../x.vma', notes: 'x'})).rejects.toMatchObject({kind: 'invalid-input'})
  })
})

/** What a caller who is not root gets as far as, once such may run commands at all: the plan. */
async function planned(command: string, params: Readonly<Record<string, unknown>>, user: string): Promise<unknown> {
  const {handler} = await (commands[command] as NonNullable<(typeof commands)[string]>).handler()
  if (handler.handles !== 'change') throw new Error(`${command} changes nothing`)
  return handler.plan(checkParams(handler.spec.params, params) as never, {...context, caller: {...context.caller, isRoot: false, user}})
}

describe('who is not root', () => {
  beforeEach(async () => {
    const acl = ['user:joe@pve:1:0:::::', 'user:ann@pve:1:0:::::', 'acl:1:/storage/local:joe@pve:PVEDatastoreUser:', 'acl:1:/vms/100:joe@pve:PVEVMAdmin:', 'acl:1:/storage/local:ann@pve:PVEDatastoreAdmin:']
    await context.store.commit({put: {'user.cfg': `${acl.join('\n')}\n`}})
  })

  it('removes disks only where the storage is theirs, and backups of guests that they back up', async () => {
    await pvesm('alloc', {storage: 'local', vmid: 100, filename: '', size: '1M'}, context)
    const disk = {volume: 'local:100/vm-100-disk-0.raw'}
    await expect(planned('pvesm free', disk, 'joe@pve')).rejects.toMatchObject({kind: 'forbidden', message: 'joe@pve may not delete local:100/vm-100-disk-0.raw: it needs Datastore.Allocate on /storage/local'})
    await expect(planned('pvesm free', disk, 'nobody@pve')).rejects.toMatchObject({kind: 'forbidden'})
    await expect(planned('pvesm free', disk, 'ann@pve')).resolves.toMatchObject({steps: [{}]})
    await expect(planned('pvesm free', {volume: idOf(1)}, 'joe@pve')).resolves.toMatchObject({steps: [{}]})
    await expect(planned('pvesm free', {volume: idOf(1)}, 'nobody@pve')).rejects.toMatchObject({kind: 'forbidden'})
  })

  it('has a limit of protected backups where the storage does not say one', async () => {
    for (let day = 1; day <= 6; day++) await writeFile(join(dump, fileOf(day)), 'x')
    for (let day = 1; day <= 5; day++) await writeFile(join(dump, `${fileOf(day)}.protected`), '')
    const more = {volume: idOf(6), protected: true}
    await expect(planned('corral storage annotate', more, 'joe@pve')).rejects.toMatchObject({kind: 'conflict', data: {limit: 5}})
    await expect(planned('corral storage annotate', more, 'ann@pve')).resolves.toMatchObject({steps: [{}]})
    await expect(planned('corral storage annotate', more, 'nobody@pve')).rejects.toMatchObject({kind: 'forbidden'})
  })
})
