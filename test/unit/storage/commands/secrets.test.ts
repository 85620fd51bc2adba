// Passwords of storages: in files of their own, and nowhere else.
import {beforeEach, describe, expect, it} from 'vitest'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {installation} from '../../tasks/demo/installation.ts'
import {pvesm, storageCatalog} from './catalog.ts'

let context: Context
beforeEach(async () => { context = await (await installation({catalog: storageCatalog})).open() })

const password = 'correct horse'
const share = {type: 'cifs', storage: 'nas', server: 'nas', share: 'vm', username: 'bob', nodes: 'elsewhere'}
const textOf = async (path: string) => (await context.store.read(path))?.data

describe('the password of a storage', () => {
  it('is kept in a file of its own, changed, taken away, and removed with the storage', async () => {
    await pvesm('add', {...share, password}, context)
    expect(await textOf('storage.cfg')).toBe('cifs: nas\n\tserver nas\n\tshare vm\n\tnodes elsewhere\n\tpath /mnt/pve/nas\n\tusername bob\n\n')
    expect(await textOf('priv/storage/nas.pw')).toBe(`password=${password}\n`)
    await pvesm('set', {storage: 'nas', password: 'other'}, context)
    expect(await textOf('priv/storage/nas.pw')).toBe('password=other\n')
    await pvesm('set', {storage: 'nas', content: 'iso'}, context)
    expect(await textOf('priv/storage/nas.pw')).toBe('password=other\n')
    await pvesm('set', {storage: 'nas', delete: 'password'}, context)
    expect(await textOf('priv/storage/nas.pw')).toBeUndefined()
    await pvesm('set', {storage: 'nas', password}, context)
    await pvesm('remove', {storage: 'nas'}, context)
    expect(await textOf('priv/storage/nas.pw')).toBeUndefined()
    expect(await textOf('storage.cfg')).toBeUndefined()
  })

  it('is shown by no dry run', async () => {
    for (const [command, params] of [['add', {...share, password}], ['add', {...share, nodes: context.node, password}]] as const) {
      const outcome = await pvesm(command, params, context, {dryRun: true})
      expect(outcome.outcome).toBe('planned')
      expect(JSON.stringify(outcome)).not.toContain(password)
    }
  })

  it('does not outlive a storage that could not be added', async () => {
    await expect(pvesm('add', {...share, nodes: context.node, path: '/proc/nowhere', password}, context)).rejects.toThrow()
    expect(await textOf('storage.cfg')).toBeUndefined()
    expect(await textOf('priv/storage/nas.pw')).toBeUndefined()
  })

  it('is not taken from a storage that was there before', async () => {
    await context.store.commit({expect: {}, put: {'priv/storage/nas.pw': 'password=old\n'}, remove: [], fences: []})
    await pvesm('add', share, context)
    expect(await textOf('priv/storage/nas.pw')).toBeUndefined()
  })
})
