import {describe, expect, it} from 'vitest'
import {storeCommitStep} from '../../../../src/lib/tasks/index.ts'
import {storeCommit} from '../../../../src/lib/tasks/actions/store-commit.ts'
import type {StoreCommit} from '../../../../src/lib/tasks/actions/store-commit.ts'
import {installation} from '../demo/installation.ts'

async function prepared() {
  const {open} = await installation()
  const context = await open()
  await context.store.commit({put: {'a.conf': 'a: 1\n', 'b.conf': 'b: 1\n'}})
  const {store} = context
  const step = storeCommitStep([
    {path: 'a.conf', was: await store.read('a.conf'), text: 'a: 2\n'},
    {path: 'b.conf', was: await store.read('b.conf'), text: undefined},
    {path: 'c.conf', was: undefined, text: 'c: 1\n'},
  ])
  const run = (action: unknown) => storeCommit.run(action as StoreCommit, context)
  const texts = async () => Object.fromEntries((await store.list('')).map(({path, data}) => [path, data]))
  return {context, store, step, run, texts}
}

describe('store.commit', () => {
  it('writes, replaces and removes together, and its undo brings everything back', async () => {
    const {step, run, texts} = await prepared()
    await run(step.do)
    expect(await texts()).toEqual({'a.conf': 'a: 2\n', 'c.conf': 'c: 1\n'})
    await run(step.undo)
    expect(await texts()).toEqual({'a.conf': 'a: 1\n', 'b.conf': 'b: 1\n'})
  })

  it('is right when it is repeated, and its undo when it was not done or is repeated', async () => {
    const {step, run, texts, store} = await prepared()
    await run(step.undo)
    expect(await texts()).toEqual({'a.conf': 'a: 1\n', 'b.conf': 'b: 1\n'})
    await run(step.do)
    const revision = await store.revision()
    await run(step.do)
    expect(await store.revision()).toBe(revision)
    await run(step.undo)
    await run(step.undo)
    expect(await texts()).toEqual({'a.conf': 'a: 1\n', 'b.conf': 'b: 1\n'})
  })

  it('changes nothing when one file is not what the plan saw', async () => {
    const {step, run, texts, store} = await prepared()
    await store.commit({put: {'c.conf': 'c: of somebody else\n'}})
    await expect(run(step.do)).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('c.conf') as unknown})
    expect(await texts()).toEqual({'a.conf': 'a: 1\n', 'b.conf': 'b: 1\n', 'c.conf': 'c: of somebody else\n'})
  })

  it('does not overwrite what came after it when it is undone', async () => {
    const {step, run, store} = await prepared()
    await run(step.do)
    await store.commit({put: {'a.conf': 'a: 3\n'}})
    await expect(run(step.undo)).rejects.toMatchObject({kind: 'conflict'})
    expect((await store.read('a.conf'))?.data).toBe('a: 3\n')
  })

  it('writes nothing when the lock was lost', async () => {
    const {context, step, texts} = await prepared()
    const lock = await context.store.lock('guest/100', {reason: 'test', timeoutMs: 0})
    await lock.release()
    await expect(storeCommit.run(step.do as unknown as StoreCommit, {...context, fences: [lock.fence]})).rejects.toMatchObject({kind: 'conflict'})
    expect(await texts()).toEqual({'a.conf': 'a: 1\n', 'b.conf': 'b: 1\n'})
  })

  it('describes itself as a difference', async () => {
    const {step} = await prepared()
    expect(storeCommit.describe(step.do as unknown as StoreCommit)).toEqual([
      '--- a.conf', '+++ a.conf', '@@ -1 +1 @@', '-a: 1', '+a: 2',
      '--- b.conf', '+++ /dev/null', '@@ -1 +0,0 @@', '-b: 1',
      '--- /dev/null', '+++ c.conf', '@@ -0,0 +1 @@', '+c: 1',
    ])
  })
})
