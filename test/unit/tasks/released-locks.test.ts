// Locks that an operation gives back before its end, and locks that several share: who is held up, what is undone under which locks, and
// what becomes of them when the worker dies.
import {mkdir} from 'node:fs/promises'
import {describe, expect, it} from 'vitest'
import type {Store} from '../../../src/lib/store/index.ts'
import {followTask, runHandler} from '../../../src/lib/tasks/index.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../support/built.ts'
import {buildHandler, copyHandler} from './demo/catalog.ts'
import {installation} from './demo/installation.ts'

const lock = (context: Context, name: string, options: Partial<Parameters<Store['lock']>[1]> = {}) => context.store.lock(name, {reason: 'another', timeoutMs: 0, ...options})

describe('a lock that is given back on the way', () => {
  it('is free for others while the rest is done, and nobody looks after the living operation', async () => {
    const place = await installation()
    const cancel = new AbortController()
    const context = await place.open({signal: cancel.signal})
    const other = await place.open()
    const running = runHandler(copyHandler, {folder: place.folder, mode: 'dawdle'}, context)
    const refused = expect(running).rejects.toMatchObject({kind: 'cancelled'})
    await expect.poll(() => place.lines).toContain('dawdles')
    const elsewhere = {...buildHandler, locks: () => ['storage/demo']}
    const folder = `${place.root}/elsewhere`
    await mkdir(folder)
    await expect(runHandler(elsewhere, {folder}, other)).resolves.toMatchObject({outcome: 'done'})
    expect(await readJournals(other.store)).toMatchObject([{head: {locks: ['demo/traces'], sharedLocks: ['demo-source'], releasedLocks: ['storage/demo']}}])
    await expect(lock(other, 'demo-source')).rejects.toThrow(/held by 'demo copy/)
    cancel.abort()
    await refused
    expect(await place.traces()).toEqual([])
    expect(await readJournals(other.store)).toEqual([])
  })

  it('is taken again before anything is undone', async () => {
    const place = await installation()
    const cancel = new AbortController()
    const context = await place.open({signal: cancel.signal})
    const other = await place.open()
    const running = runHandler(copyHandler, {folder: place.folder, mode: 'dawdle'}, context)
    const refused = expect(running).rejects.toMatchObject({kind: 'cancelled'})
    await expect.poll(() => place.lines).toContain('dawdles')
    const held = await lock(other, 'storage/demo')
    cancel.abort()
    await expect.poll(() => place.lines.join('\n')).toContain('NOTE: waiting for storage/demo, held by another')
    expect(await place.traces()).toEqual(['one'])
    await held.release()
    await refused
    expect(await place.traces()).toEqual([])
  })

  it('is had again by what is done afterwards', async () => {
    const place = await installation()
    const opened = await place.open()
    const seen: unknown[] = []
    const actionKind: Context['actionKind'] = async (kind) => {
      const found = await opened.actionKind(kind)
      return {...found, run: async (action, context) => { seen.push([kind, context.fences.map((fence) => fence.lock).sort()]); await found.run(action, context) }}
    }
    await runHandler(copyHandler, {folder: place.folder}, {...opened, actionKind})
    expect(seen).toEqual([
      ['demo.make', ['demo-source', 'demo/traces', 'storage/demo']], ['demo.make', ['demo-source', 'demo/traces']],
      ['demo.note', ['demo-source', 'demo/traces', 'storage/demo']],
    ])
    expect(await opened.store.lockHolder('storage/demo')).toBeUndefined()
    expect(await opened.store.lockHolder('demo-source')).toBeUndefined()
  })

  it('stays with others when what is done afterwards says so', async () => {
    const place = await installation()
    const opened = await place.open()
    const seen: unknown[] = []
    const actionKind: Context['actionKind'] = async (kind) => {
      const found = await opened.actionKind(kind)
      return {...found, run: async (action, context) => { seen.push(context.fences.map((fence) => fence.lock).sort()); await found.run(action, context) }}
    }
    const keeping: typeof copyHandler = {...copyHandler, plan: async (params, held) => ({...await copyHandler.plan(params, held), afterwardsKeepReleased: true})}
    await runHandler(keeping, {folder: place.folder}, {...opened, actionKind})
    expect(seen.at(-1)).toEqual(['demo-source', 'demo/traces'])
    expect(await readJournals(opened.store)).toEqual([])
  })

  it.each([
    ['that is only shared', 'demo-source'], ['that is not held', 'storage/other'], ['before one that stays', 'demo/traces'],
  ])('%s is a mistake of the plan, found before anything is done', async (_what, name) => {
    const place = await installation()
    const context = await place.open()
    const wrong: typeof copyHandler = {...copyHandler, plan: async (params, held) => {
      const plan = await copyHandler.plan(params, held)
      return {...plan, steps: plan.steps.map((step) => step.thenRelease === undefined ? step : {...step, thenRelease: [name]})}
    }}
    await expect(runHandler(wrong, {folder: place.folder}, context)).rejects.toMatchObject({kind: 'internal'})
    expect(await place.traces()).toEqual([])
  })
})

describe('a shared lock', () => {
  it('lets several work at once, each with a journal that the others leave alone', async () => {
    const place = await installation()
    const cancel = new AbortController()
    const folders = ['a', 'b', 'c'].map((name) => `${place.root}/${name}`)
    for (const folder of folders) await mkdir(folder)
    const contexts = await Promise.all(folders.map(() => place.open({signal: cancel.signal})))
    const running = contexts.map((context, index) => runHandler(copyHandler, {folder: folders[index] ?? '', mode: 'dawdle'}, context).catch((error: unknown) => error))
    await expect.poll(() => place.lines.filter((line) => line === 'dawdles')).toHaveLength(3)
    expect(place.lines.join('\n')).not.toContain('was interrupted')
    cancel.abort()
    expect(await Promise.all(running)).toMatchObject([{kind: 'cancelled'}, {kind: 'cancelled'}, {kind: 'cancelled'}])
  })

  it('alone makes no plan: it could not be told from a dead one', async () => {
    const place = await installation()
    const context = await place.open()
    await expect(runHandler({...copyHandler, locks: () => [{shared: 'demo-source'}]}, {folder: place.folder}, context)).rejects.toMatchObject({kind: 'internal'})
    expect(await place.traces()).toEqual([])
  })
})

describe('a worker that is killed after it gave a lock back', () => {
  const killed = async (record: string) => {
    const place = await installation({workerPath: await builtProgram('test/unit/tasks/demo/worker.ts')})
    const context = await place.open({env: {CORRAL_TEST_STOP_AFTER_RECORD: record}})
    const upid = await context.startTask('demo copy', {folder: place.folder})
    await followTask(upid, context, {line: () => undefined}, {timeoutMs: 20_000})
    return {place, other: await place.open()}
  }

  it('holds up nobody who wants that lock, or shares the source', async () => {
    const {place, other} = await killed('2')
    const folder = `${place.root}/elsewhere`
    await mkdir(folder)
    await runHandler(copyHandler, {folder}, other)
    expect(await readJournals(other.store)).toHaveLength(1)
    expect(await place.traces()).toEqual(['one'])
  })

  it.each([['its own lock', 'demo/traces'], ['the source alone', 'demo-source']])('is undone under all of its locks by whoever takes %s', async (_what, name) => {
    const {place, other} = await killed('2')
    const held = await lock(other, 'storage/demo')
    const elsewhere = {...buildHandler, locks: () => [name], lockTimeoutMs: 300}
    const folder = `${place.root}/elsewhere`
    await mkdir(folder)
    await expect(runHandler(elsewhere, {folder}, other)).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining('storage/demo') as unknown})
    expect(await place.traces()).toEqual(['one'])
    await held.release()
    await runHandler(elsewhere, {folder}, other)
    expect(await place.traces()).toEqual([])
    expect(await readJournals(other.store)).toEqual([])
  })

  it('after the last step is finished under all of its locks', async () => {
    const {place, other} = await killed('3')
    await runHandler({...buildHandler, locks: () => ['demo/traces']}, {folder: `${place.root}`}, other).catch(() => undefined)
    expect(await place.notes()).toEqual(['copied'])
    expect(await readJournals(other.store)).toEqual([])
  })
})
