import {chmod, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {ConflictError, ForbiddenError, UnavailableError, errorChain} from '../../../src/lib/base/index.ts'
import type {Store} from '../../../src/lib/store/index.ts'
import {defineCommand} from '../../../src/lib/spec/index.ts'
import {handleChange, runHandler} from '../../../src/lib/tasks/index.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {buildHandler, razeHandler} from './demo/catalog.ts'
import {installation} from './demo/installation.ts'

const echo = defineCommand({
  id: 'demo echo', summary: 'Echo.', args: [], returns: {type: 'string'}, output: {as: 'lines'}, kind: 'change', runsOn: 'node', needs: 'anyone', examples: [],
  params: {name: {type: 'string', optional: true}, password: {type: 'string', optional: true, secret: true, fromInput: {as: 'secret', prompt: 'Password'}}},
})

describe('a changing command', () => {
  it('does all steps, clears its journal and gives back its locks', async () => {
    const place = await installation()
    const context = await place.open()
    const outcome = await runHandler(buildHandler, {folder: place.folder}, context)
    expect(outcome).toEqual({outcome: 'done', result: {built: 3}})
    expect(await place.traces()).toEqual(['one', 'three', 'two'])
    expect((await context.store.read('demo.conf'))?.data).toBe('built: 1\npassword: s3cret\n')
    expect(await readJournals(context.store)).toEqual([])
    expect(await context.store.lockHolder('demo/traces')).toBeUndefined()
  })

  it.each(['undo', 'finish'] as const)('gives what a step gave, where the plan says so (%s)', async (whenInterrupted) => {
    const context = await (await installation()).open()
    const steps = ['a', 'b'].map((text) => ({do: {kind: 'demo.echo', text}, undo: {kind: 'demo.echo', text: 'undone'}}))
    const plan = (locks: string[], resultOfStep: number, count = 2) => runHandler(handleChange(echo, {
      locks: () => locks, plan: async () => ({steps: steps.slice(0, count), resultOfStep, whenInterrupted}),
    }), {}, context)
    expect(await plan(['demo/traces'], 1)).toEqual({outcome: 'done', result: 'echo of b'})
    expect(await plan([], 0)).toEqual({outcome: 'done', result: 'echo of a'})
    expect(await plan([], 0, 1)).toEqual({outcome: 'done', result: 'echo of a'})
  })

  it('gives what was typed at a prompt to the context, and keeps it out of the parameters', async () => {
    const context = await (await installation()).open()
    const seen: unknown[] = []
    const handler = handleChange(echo, {
      locks: () => [],
      plan: async (params, {inputs}) => {
        seen.push(params, inputs)
        return {steps: [{do: {kind: 'demo.echo', text: 'x', input: 'password'}}], resultOfStep: 0, whenInterrupted: 'undo'}
      },
    })
    expect(await runHandler(handler, {name: 'root', password: 'hunter2'}, context)).toEqual({outcome: 'done', result: 'echo of x hunter2'})
    expect(seen).toEqual([{name: 'root'}, {password: 'hunter2'}])
    expect(JSON.stringify(await runHandler(handler, {name: 'root', password: 'hunter2'}, context, {dryRun: true}))).not.toContain('hunter2')
  })

  it('takes back what it did when a step fails, and passes the error on', async () => {
    const place = await installation()
    const context = await place.open()
    await expect(runHandler(buildHandler, {folder: place.folder, mode: 'fail'}, context)).rejects.toMatchObject({kind: 'invalid-input', message: 'this step fails'})
    expect(await place.traces()).toEqual([])
    expect(await context.store.read('demo.conf')).toBeUndefined()
    expect(await readJournals(context.store)).toEqual([])
  })

  it('takes back the step that failed too, for it may have been done in half', async () => {
    const place = await installation()
    const context = await place.open()
    await writeFile(join(place.folder, 'three'), 'in the way')
    await expect(runHandler(buildHandler, {folder: place.folder}, context)).rejects.toMatchObject({code: 'EEXIST'})
    expect(await place.traces()).toEqual([])
  })

  it('takes back what it did when it is cancelled between steps', async () => {
    const place = await installation()
    const cancel = new AbortController()
    const context = await place.open({signal: cancel.signal})
    const running = runHandler(buildHandler, {folder: place.folder, mode: 'dawdle'}, context)
    const refused = expect(running).rejects.toMatchObject({kind: 'cancelled'})
    await expect.poll(() => place.lines).toContain('dawdles')
    cancel.abort()
    await refused
    expect(await place.traces()).toEqual([])
    expect(await context.store.read('demo.conf')).toBeUndefined()
  })

  it('prints what it would do with secrets masked, and changes nothing', async () => {
    const place = await installation()
    const context = await place.open()
    const outcome = await runHandler(buildHandler, {folder: place.folder}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines).toEqual([
      `touch ${place.folder}/one`, `touch ${place.folder}/two`,
      '--- /dev/null', '+++ demo.conf', '@@ -0,0 +1,2 @@', '+built: 1', '+password: ***',
      `touch ${place.folder}/three`,
    ])
    expect(await place.traces()).toEqual([])
    expect(await context.store.list('')).toEqual([])
  })

  it('is refused to anybody but root, with the way to do it', async () => {
    const place = await installation()
    await chmod(place.root, 0o755)
    const context = await place.open({uid: 12_345})
    const refusal = await runHandler(buildHandler, {folder: place.folder}, context).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(ForbiddenError)
    expect((refusal as ForbiddenError).nextSteps.join()).toContain('sudo demo build')
    await expect(context.store.read('demo.conf')).rejects.toBeInstanceOf(ForbiddenError)
  })

  it('says who holds a lock and since when, and gives up naming them', async () => {
    const place = await installation()
    const context = await place.open()
    const held = await context.store.lock('demo/traces', {reason: 'demo build elsewhere', timeoutMs: 0})
    const impatient = {...buildHandler, lockTimeoutMs: 50}
    await expect(runHandler(impatient, {folder: place.folder}, context)).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining('demo build elsewhere') as unknown})
    expect(place.lines.join()).toMatch(/NOTE: waiting for demo\/traces, held by demo build elsewhere \(pid \d+ on h1\) since 2\d{3}-/)
    await held.release()
  })
})

describe('locks that are more by the time they are held', () => {
  it('are given back and taken anew, all of them', async () => {
    const place = await installation()
    const context = await place.open()
    let asked = 0
    const planned: string[][] = []
    const growing: typeof buildHandler = {...buildHandler,
      locks: () => asked++ === 0 ? ['z-first'] : ['z-first', 'a-second'],
      plan: async (params, held) => {
        planned.push(held.fences.flatMap(({lock}) => lock ?? []))
        return buildHandler.plan(params, held)
      },
    }
    await runHandler(growing, {folder: place.folder}, context)
    expect(planned).toEqual([['a-second', 'z-first']])
    expect(await context.store.lockHolder('z-first')).toBeUndefined()
  })

  it('are a conflict when they keep growing, and nothing is done', async () => {
    const place = await installation()
    const context = await place.open()
    let asked = 0
    const restless: typeof buildHandler = {...buildHandler, locks: () => [`demo-${asked++}`]}
    await expect(runHandler(restless, {folder: place.folder}, context)).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('what "demo build') as unknown})
    expect(await place.traces()).toEqual([])
    expect(await context.store.lockHolder('demo-3')).toBeUndefined()
  })
})

describe('what is done afterwards', () => {
  const lastWords = (folder: string, ...texts: string[]) => texts.map((text) => ({kind: 'demo.note', path: `${folder}/notes`, text}))
  const withLast: typeof buildHandler = {...buildHandler, plan: async (params, context) => ({
    ...await buildHandler.plan(params, context), afterwards: [...lastWords(params.folder, 'one'), ...(params.mode === 'late' ? [{kind: 'demo.fail'}] : [])],
  })}

  it('follows the steps and is shown by a dry run', async () => {
    const place = await installation()
    const context = await place.open()
    const outcome = await runHandler(withLast, {folder: place.folder}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines.at(-1)).toBe('note one')
    await runHandler(withLast, {folder: place.folder}, context)
    expect(await place.notes()).toEqual(['one'])
    expect(await readJournals(context.store)).toEqual([])
  })

  it('is not done when a step fails', async () => {
    const place = await installation()
    const context = await place.open()
    await expect(runHandler(withLast, {folder: place.folder, mode: 'fail'}, context)).rejects.toThrow('this step fails')
    expect(await place.traces()).toEqual([])
  })

  it('takes nothing back when it fails', async () => {
    const place = await installation()
    const context = await place.open()
    await expect(runHandler(withLast, {folder: place.folder, mode: 'late'}, context)).rejects.toThrow('this step fails')
    expect(await place.traces()).toEqual(['notes', 'one', 'three', 'two'])
    expect((await context.store.read('demo.conf'))?.data).toContain('built: 1')
    expect(await readJournals(context.store)).toEqual([])
  })
})

describe('a lock that is lost on the way', () => {
  it('ends the work at once, undoes nothing, and leaves that to whoever takes the lock next', async () => {
    const place = await installation()
    const context = await place.open()
    const lost = new AbortController()
    const store: Store = {...context.store, lock: async (name, options) => ({...await context.store.lock(name, options), lost: lost.signal})}
    const running = runHandler(buildHandler, {folder: place.folder, mode: 'dawdle'}, {...context, store})
    const refused = expect(running).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('lock was lost') as unknown})
    await expect.poll(() => place.lines).toContain('dawdles')
    lost.abort()
    await refused
    expect(await place.traces()).toHaveLength(3)
    expect(await readJournals(context.store)).toHaveLength(1)
    await runHandler(buildHandler, {folder: place.folder}, context)
    expect(place.lines.join('\n')).toContain('was interrupted; undoing what it left')
    expect(await place.traces()).toHaveLength(3)
  })
})

// Stopped (SIGSTOP) until its lease had run out, a process goes on before its heartbeat has told it so.
describe('a lock that was passed on before the process knows it', () => {
  /** Fences that hold until `passOn` is called; the signal of a lost lock never comes. */
  function stoppedHolder(context: Context): {context: Context; passOn: () => void} {
    let isOurs = true
    const store: Store = {...context.store, commit: async (change) => {
      if (!isOurs && (change.fences ?? []).length > 0) throw new ConflictError("the lock 'demo-shared' was lost before the change could be written")
      return context.store.commit(change)
    }}
    return {context: {...context, store}, passOn: () => { isOurs = false }}
  }

  it.each(['fail', 'undo-fails'])('nothing is undone, which would take away what the next holder made (%s)', async (mode) => {
    const place = await installation()
    const opened = await place.open()
    const holder = stoppedHolder(opened)
    const actionKind: Context['actionKind'] = async (kind) => {
      const found = await opened.actionKind(kind)
      return kind === 'demo.fail' ? {...found, run: async (action, context) => { holder.passOn(); await found.run(action, context) }} : found
    }
    await expect(runHandler(buildHandler, {folder: place.folder, mode}, {...holder.context, actionKind}))
      .rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('lock was lost') as unknown})
    expect(await place.traces()).toEqual(expect.arrayContaining(['one', 'three', 'two']))
    expect(await readJournals(opened.store)).toHaveLength(1)
  })

  it('a step without undo is not done', async () => {
    const place = await installation()
    const opened = await place.open()
    const holder = stoppedHolder(opened)
    const actionKind: Context['actionKind'] = async (kind) => {
      const found = await opened.actionKind(kind)
      return kind === 'demo.note' ? {...found, run: async (action, context) => { await found.run(action, context); holder.passOn() }} : found
    }
    await expect(runHandler(razeHandler, {folder: place.folder}, {...holder.context, actionKind})).rejects.toMatchObject({kind: 'conflict'})
    expect(await place.notes()).toEqual(['one'])
    expect(await readJournals(opened.store)).toHaveLength(1)
  })
})

describe('a store that cannot be written any more', () => {
  it.each([1, 2, 3, 4, 5, 6, 7])('from write %i on: the error says so, and all is taken back when it can be written again', async (last) => {
    const place = await installation()
    const context = await place.open()
    let writes = 0
    const store: Store = {...context.store, commit: async (change) => {
      if (++writes >= last) throw new UnavailableError('the disk is full')
      return context.store.commit(change)
    }}
    const failed: unknown = await runHandler(buildHandler, {folder: place.folder}, {...context, store}).then(() => undefined, (error: unknown) => error)
    // Four records, the configuration and the end of the journal make six writes.
    if (last === 7) { expect(failed).toBeUndefined(); return }
    expect(errorChain(failed)[0]).toBe('the disk is full')
    await runHandler({...buildHandler, plan: async () => ({whenInterrupted: 'undo', steps: []})}, {folder: place.folder}, context)
    expect(await place.traces()).toEqual([])
    expect(await context.store.list('')).toEqual([])
  })
})

describe('an undo that fails', () => {
  it('is reported, stays in the journal, keeps later work away, and is tried again when that is mended', async () => {
    const place = await installation()
    const context = await place.open()
    const failed = runHandler(buildHandler, {folder: place.folder, mode: 'undo-fails'}, context)
    await expect(failed).rejects.toMatchObject({kind: 'invalid-input', message: 'this step fails', nextSteps: [expect.stringContaining('corral doctor') as unknown]})
    expect(errorChain(await failed.catch((error: unknown) => error))).toEqual(['this step fails', 'as it was told', 'a step (demo.fail) could not be undone'])
    expect(place.lines.join('\n')).toContain('undoing a step (demo.fail) failed: this step fails: as it was told')
    const [journal] = await readJournals(context.store)
    expect(journal?.records.at(-1)?.failure).toContain('this step fails')
    // What was done before stays, because later undo steps count on it.
    expect(await place.traces()).toEqual(['notes', 'one', 'three', 'two'])

    await expect(runHandler(razeHandler, {folder: place.folder}, context)).rejects.toMatchObject({kind: 'conflict'})
    await writeFile(join(place.folder, 'mended'), '')
    await runHandler(razeHandler, {folder: place.folder}, context)
    expect(await readJournals(context.store)).toEqual([])
    expect(await context.store.read('demo.conf')).toBeUndefined()
    expect(await place.traces()).toEqual(['mended', 'notes'])
  })
})

describe('a command that finishes what it began', () => {
  it('goes on when it is cancelled', async () => {
    const place = await installation()
    const cancel = new AbortController()
    const context = await place.open({signal: cancel.signal})
    const noting = {...context, actionKind: async (kind: string) => { const found = await context.actionKind(kind); if (kind === 'store.commit') cancel.abort(); return found }}
    // The abort comes while kinds are loaded, before anything is done: then it is refused.
    await expect(runHandler(razeHandler, {folder: place.folder}, noting)).rejects.toMatchObject({kind: 'cancelled'})
    expect(await place.notes()).toEqual([])
  })

  it('stops at a step that fails and leaves no journal: the command is to be repeated', async () => {
    const place = await installation()
    const context = await place.open()
    await expect(runHandler(razeHandler, {folder: place.folder, mode: 'fail'}, context)).rejects.toMatchObject({message: 'this step fails'})
    expect(await place.notes()).toEqual(['one', 'two', 'three'])
    expect(await readJournals(context.store)).toEqual([])
  })
})
