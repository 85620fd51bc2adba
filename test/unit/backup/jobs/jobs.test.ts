// corral backup job and corral snapshot job: what stands in jobs.cfg, and what is refused.
import {describe, expect, it} from 'vitest'
import {ConflictError, InvalidInputError, NotFoundError} from '../../../../src/lib/base/index.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

async function job(words: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const entry = catalog.commands[`corral ${words}`]
  if (entry === undefined) throw new Error('no such command')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, input), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

const open = async (text?: string) => {
  const context = await (await machineRoom()).open()
  if (text !== undefined) await context.store.commit({put: {'jobs.cfg': text}})
  return context
}
const stored = async ({store}: Context) => (await store.read('jobs.cfg'))?.data

describe('jobs.cfg', () => {
  const foreign = 'realm-sync: ldap\n\tenabled 1\n\trealm x\n\tschedule daily\n\n'

  it('is written as Proxmox VE writes it, and what is not ours stays', async () => {
    const context = await open(foreign)
    await job('backup job add', {id: 'nightly', schedule: 'mon..fri 22:30', all: true, 'exclude-path': ['/a', '/b'], 'prune-backups': 'keep-last=3', storage: 'local'}, context)
    await job('snapshot job add', {id: 'often', schedule: '*/15', vmid: '100', 'keep-last': 4}, context)
    expect(await stored(context)).toBe(`${foreign}vzdump: nightly\n\tschedule mon..fri 22:30\n\tall 1\n\texclude-path /a\n\texclude-path /b\n\tprune-backups keep-last=3\n\tstorage local\n\nsnapshot: often\n\tschedule */15\n\tkeep-last 4\n\tvmid 100\n\n`)
    await job('backup job set', {id: 'nightly', schedule: '23:00', delete: 'exclude-path,prune-backups', comment: 'late'}, context)
    expect(await stored(context)).toContain('vzdump: nightly\n\tcomment late\n\tschedule 23:00\n\tall 1\n\tstorage local\n\n')
    await job('backup job remove', {id: 'nightly'}, context)
    await job('snapshot job remove', {id: 'often'}, context)
    expect(await stored(context)).toBe(foreign)
  }, 60_000)

  it('is not written when it could not be read whole', async () => {
    const text = 'vzdump: broken\n\tschedule never ever\n\tall 1\n\n'
    const context = await open(text)
    await expect(job('backup job add', {id: 'other', schedule: 'daily', all: true}, context)).rejects.toThrow(/line 2 .*broken/)
    await expect(job('backup job show', {id: 'broken'}, context)).rejects.toThrow(InvalidInputError)
    expect(await stored(context)).toBe(text)
    expect(await job('backup job list', {}, context)).toEqual([])
  })
})

describe('what is refused, and changes nothing', () => {
  it.each<[string, string, Readonly<Record<string, unknown>>, new (...args: never[]) => Error]>([
    ['no guests', 'backup job add', {id: 'new', schedule: 'daily'}, InvalidInputError],
    ['guests named twice', 'backup job add', {id: 'new', schedule: 'daily', all: true, vmid: '100'}, InvalidInputError],
    ['a name that is taken', 'backup job add', {id: 'often', schedule: 'daily', all: true}, ConflictError],
    ['a storage that is not there', 'backup job add', {id: 'new', schedule: 'daily', all: true, storage: 'none'}, NotFoundError],
    ['a storage and a folder', 'backup job add', {id: 'new', schedule: 'daily', all: true, storage: 'local', dumpdir: '/x'}, InvalidInputError],
    ['rules that contradict each other', 'backup job add', {id: 'new', schedule: 'daily', all: true, 'prune-backups': 'keep-all=1,keep-last=2'}, InvalidInputError],
    ['a job of the other type', 'backup job set', {id: 'often', schedule: 'daily'}, NotFoundError],
    ['a setting that is not there', 'snapshot job set', {id: 'often', delete: 'storage'}, InvalidInputError],
    ['no schedule', 'snapshot job set', {id: 'often', delete: 'schedule'}, InvalidInputError],
    ['set and taken away', 'snapshot job set', {id: 'often', delete: 'keep-last', 'keep-last': 3}, InvalidInputError],
    ['another digest', 'snapshot job set', {id: 'often', digest: '0'.repeat(40), comment: 'x'}, ConflictError],
    ['nobody', 'snapshot job remove', {id: 'never'}, NotFoundError],
  ])('%s', async (_about, words, input, error) => {
    const text = 'snapshot: often\n\tschedule */15\n\tall 1\n\n'
    const context = await open(text)
    await expect(job(words, input, context)).rejects.toThrow(error)
    expect(await stored(context)).toBe(text)
  })

  it('values that no job has', () => {
    const check = async (input: Readonly<Record<string, unknown>>) => checkParams((await catalog.commands['corral snapshot job add']?.spec())?.spec.params ?? {}, input)
    return Promise.all([{id: 'x'.repeat(25), schedule: 'daily'}, {id: 'new', schedule: '25:00'}, {id: 'new', schedule: 'daily', 'keep-last': -1}].map((input) => expect(check(input)).rejects.toThrow(InvalidInputError)))
  })
})
