import {mkdir, readFile, rm, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {formatUpid, parseUpid} from '../../../src/lib/base/index.ts'
import {checkParams} from '../../../src/lib/spec/index.ts'
import {commands} from '../../../src/lib/tasks/commands/index.ts'
import {runHandler} from '../../../src/lib/tasks/index.ts'
import type {Context, Plan} from '../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../support/built.ts'
import {buildHandler} from './demo/catalog.ts'
import {installation} from './demo/installation.ts'

const place = async () => installation({workerPath: await builtProgram('test/unit/tasks/demo/worker.ts')})

/** Runs a command as the command line does: its parameters checked by its spec. */
async function run(id: keyof typeof commands, params: Record<string, unknown>, context: Context, dryRun = false): Promise<unknown> {
  const entry = commands[id]
  if (entry === undefined) throw new Error(`no command ${id}`)
  const {spec} = await entry.spec()
  const {handler} = await entry.handler()
  const outcome = await runHandler(handler, checkParams(spec.params, params), context, {dryRun})
  return outcome.outcome === 'done' ? outcome.result : outcome.lines
}

/** A task that has ended, as its worker would have left it. */
async function endedTask(root: string, upid: string, log: string, status?: string): Promise<void> {
  const tasks = join(root, 'log/tasks')
  await mkdir(join(tasks, 'active'), {recursive: true})
  const folder = join(tasks, upid.split(':')[4]?.at(-1) ?? '')
  await mkdir(folder, {recursive: true})
  await writeFile(join(folder, upid), log)
  if (status === undefined) await writeFile(join(tasks, 'active', upid), '')
  else await writeFile(join(tasks, 'index'), `${upid} ${upid.split(':')[4] ?? ''} ${status}\n`, {flag: 'a'})
}

const made = (starttime: number, type: string, id: string, user = 'root@pam') => formatUpid({node: 'h1', pid: 4_000_000, pstart: 1, starttime, type, id, user})
const gone = made(1000, 'qmstart', '100')

describe('pvenode task list', () => {
  const many = async () => {
    const {root, open} = await installation()
    const upids = {
      start: made(1000, 'qmstart', '100'), stop: made(2000, 'qmstop', '100', 'backup@pve!nightly'), create: made(3000, 'qmcreate', '101'), move: made(4000, 'qmmove', '102'),
    }
    await endedTask(root, upids.start, 'TASK OK\n', 'OK')
    await endedTask(root, upids.stop, 'TASK ERROR: no\n', 'no')
    await endedTask(root, upids.create, 'TASK WARNINGS: 1\n', 'WARNINGS: 1')
    await endedTask(root, upids.move, 'half a li')
    const context = await open()
    const list = async (params: Record<string, unknown>) => (await run('pvenode task list', params, context) as {upid: string}[]).map(({upid}) => parseUpid(upid).type)
    return {root, context, upids, list}
  }

  it('shows what ended, newest first, the dead as unexpected', async () => {
    const {context, upids} = await many()
    const tasks = await run('pvenode task list', {}, context) as Record<string, unknown>[]
    expect(tasks.map(({upid, status}) => [upid, status])).toEqual([
      [upids.move, 'unexpected status'], [upids.create, 'WARNINGS: 1'], [upids.stop, 'no'], [upids.start, 'OK'],
    ])
    expect(tasks[3]).toEqual({upid: upids.start, ...parseUpid(upids.start), endtime: 1000, status: 'OK'})
  })

  it.each([
    [{errors: 1}, ['qmmove', 'qmstop']],
    [{statusfilter: 'ok,warning'}, ['qmcreate', 'qmstart']],
    [{statusfilter: 'unknown'}, ['qmmove']],
    [{typefilter: 'qmstop'}, ['qmstop']],
    [{userfilter: 'NIGHT'}, ['qmstop']],
    [{vmid: 100}, ['qmstop', 'qmstart']],
    [{since: 2000, until: 3000}, ['qmcreate', 'qmstop']],
    [{start: 1, limit: 2}, ['qmcreate', 'qmstop']],
    [{start: 1, limit: 0}, ['qmcreate', 'qmstop', 'qmstart']],
    [{source: 'active'}, []],
  ])('takes %j', async (params, types) => {
    const {list} = await many()
    expect(await list(params)).toEqual(types)
  })

  it('leaves out lines that are damaged, and names that are no task ids', async () => {
    const {root, list} = await many()
    await writeFile(join(root, 'log/tasks/index'), `rubbish\nUPID:../../x:1:2 00000000 OK\n${made(5000, 'qmset', '1')} 0000`, {flag: 'a'})
    await writeFile(join(root, 'log/tasks/active/rubbish'), '')
    expect((await list({})).length).toBe(4)
  })

  it.each([{since: 2, until: 1}, {source: 'future'}, {limit: -1}, {vmid: 99}, {statusfilter: 'good'}])('refuses %j', async (params) => {
    const {list} = await many()
    await expect(list(params)).rejects.toMatchObject({kind: 'invalid-input'})
  })
})

describe('pvenode task log and status', () => {
  it('show what a task left, harmless to a terminal', async () => {
    const {root, open} = await installation()
    await endedTask(root, gone, 'one\ntwo \u001b]0;x\u0007\nTASK OK\n', 'OK')
    const context = await open()
    expect(await run('pvenode task log', {upid: gone}, context)).toEqual(['one', 'two \\x1B]0;x\\x07', 'TASK OK'])
    expect(await run('pvenode task log', {upid: gone, start: 2}, context)).toEqual(['TASK OK'])
    expect(await run('pvenode task log', {upid: gone, download: 1}, context)).toHaveLength(3)
    expect(await run('pvenode task status', {upid: gone}, context)).toEqual({upid: gone, ...parseUpid(gone), status: 'stopped', exitstatus: 'OK'})
  })

  it.each(['pvenode task log', 'pvenode task status', 'corral task wait', 'corral task stop'] as const)('%s refuses what is no task of this host', async (id) => {
    const {open} = await installation()
    const context = await open()
    for (const upid of ['../../etc/passwd', 'UPID:h1:0000C346:165A0CE4:68D7279C:x:../../../../etc/passwd:root@pam:', '', `${gone}\n`]) {
      await expect(run(id, {upid}, context)).rejects.toMatchObject({kind: 'invalid-input'})
    }
    await expect(run(id, {upid: gone}, context)).rejects.toMatchObject({kind: 'not-found'})
    await expect(run(id, {upid: gone.replace('h1', 'h2')}, context)).rejects.toMatchObject({kind: 'not-found', message: expect.stringContaining('h2') as unknown})
  })

  it.each(Object.keys(commands))('%s is refused to anybody but root', async (id) => {
    const {root, open} = await installation()
    await endedTask(root, gone, 'TASK OK\n', 'OK')
    const context = await open({uid: 12_345})
    await expect(run(id, ['corral doctor', 'pvenode task list'].includes(id) ? {} : {upid: gone}, context)).rejects.toMatchObject({kind: 'forbidden'})
  })

  it('log refuses --download together with --start', async () => {
    const {open} = await installation()
    await expect(run('pvenode task log', {upid: gone, download: 1, start: 1}, await open())).rejects.toMatchObject({kind: 'invalid-input', fields: {start: expect.any(String) as unknown}})
  })
})

describe('corral task wait', () => {
  it('shows the log and ends as the task ended', async () => {
    const {open, folder, lines} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder})
    expect(await run('corral task wait', {upid}, context)).toBe('OK')
    expect(lines).toContain(`NOTE: makes ${folder}/three`)
    const failing = await context.startTask('demo build', {folder, mode: 'fail'})
    await expect(run('corral task wait', {upid: failing}, context)).rejects.toMatchObject({data: {upid: failing}})
  })

  it('gives up after the timeout, and leaves the task alone when it is interrupted', async () => {
    const {open, folder} = await place()
    const interrupt = new AbortController()
    const context = await open({signal: interrupt.signal})
    const upid = await context.startTask('demo build', {folder, mode: 'dawdle'})
    await expect(run('corral task wait', {upid, timeout: 1}, context)).rejects.toMatchObject({kind: 'unavailable'})
    const waiting = expect(run('corral task wait', {upid}, context)).rejects.toMatchObject({kind: 'cancelled'})
    interrupt.abort()
    await waiting
    expect(await run('pvenode task status', {upid}, context)).toMatchObject({status: 'running'})
    await run('corral task stop', {upid}, await open())
  })
})

describe('corral task stop', () => {
  it('has the task undo what it did', async () => {
    const {open, folder, traces} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'dawdle'})
    await expect.poll(() => traces(), {timeout: 10_000}).toHaveLength(3)
    expect(await run('corral task stop', {upid}, context, true)).toEqual([`kill -TERM ${parseUpid(upid).pid}`])
    await run('corral task stop', {upid}, context)
    expect(await traces()).toEqual([])
    expect(await run('pvenode task status', {upid}, context)).toMatchObject({status: 'stopped', exitstatus: 'the operation was cancelled'})
    await expect(run('corral task stop', {upid}, context)).rejects.toMatchObject({kind: 'conflict'})
  })

  it('kills a task that does not listen, and clears up after it', async () => {
    const {open, folder, traces, lines} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'deaf'})
    // Not its last trace, which is there a moment before: until it is deaf it hears.
    await expect.poll(() => run('pvenode task log', {upid}, context)).toContain('dawdles')
    await run('corral task stop', {upid, timeout: 1}, context)
    expect(lines.join('\n')).toContain('did not end within 1 s and is killed')
    expect(await traces()).toEqual([])
    expect(await readJournals(context.store)).toEqual([])
  })
})

describe('corral doctor', () => {
  const interrupted = async (mode?: string) => {
    const there = await place()
    const context = await there.open({env: {CORRAL_TEST_STOP_AFTER_STEP: '4'}})
    const upid = await context.startTask('demo build', {folder: there.folder, ...(mode === undefined ? {} : {mode})})
    await expect(run('corral task wait', {upid}, context)).rejects.toMatchObject({kind: 'tool'})
    return {...there, upid, context: await there.open()}
  }

  it('finds nothing where nothing is wrong', async () => {
    const {open} = await installation()
    expect(await run('corral doctor', {}, await open())).toEqual(['Everything is as it should be.'])
  })

  it('undoes what a dead worker left and lists its task as ended; a dry run only says so', async () => {
    const {context, upid, folder, traces} = await interrupted()
    const lines = await run('corral doctor', {}, context, true) as string[]
    expect(lines).toContain(`rm -f ${folder}/three`)
    expect(lines.indexOf(`rm -f ${folder}/three`)).toBeLessThan(lines.indexOf(`rm -f ${folder}/one`))
    expect(lines.join('\n')).not.toContain('s3cret')
    expect(await traces()).toHaveLength(3)

    expect(await run('corral doctor', {}, context)).toEqual([
      expect.stringMatching(/^"demo build .*" of .* UTC was interrupted; what it did has to be undone\.$/), `The process of the task ${upid} is gone.`,
    ])
    expect(await traces()).toEqual([])
    expect(await context.store.list('')).toEqual([])
    expect(await readFile(join(context.places.logDir, 'tasks/index'), 'utf8')).toMatch(/^UPID:\S+ [0-9A-F]{8} unexpected status\n$/)
    expect(await run('corral doctor', {}, context)).toEqual(['Everything is as it should be.'])
  })

  it('says what it could not put right, and can give it up', async () => {
    const {open, folder, traces} = await place()
    const context = await open()
    await expect(runHandler(buildHandler, {folder, mode: 'undo-fails'}, context)).rejects.toThrow()
    await expect(run('corral doctor', {}, context)).rejects.toMatchObject({kind: 'conflict', nextSteps: [expect.stringContaining('corral doctor --discard ') as unknown]})
    const [journal] = await readJournals(context.store)
    expect(await run('corral doctor', {discard: journal?.head.id}, context)).toEqual([expect.stringContaining('stays as it is') as unknown])
    expect(await readJournals(context.store)).toEqual([])
    expect(await traces()).toContain('three')
  })

  it('leaves an operation that is at work alone', async () => {
    const {open, folder, traces} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'dawdle'})
    await expect.poll(() => traces(), {timeout: 10_000}).toHaveLength(3)
    expect(await run('corral doctor', {}, context)).toEqual(['Everything is as it should be.'])
    const [journal] = await readJournals(context.store)
    await expect(run('corral doctor', {discard: journal?.head.id}, context)).rejects.toMatchObject({kind: 'conflict'})
    await run('corral task stop', {upid}, context)
  })

  it('runs the checks of the domains, and goes on when a repair fails', async () => {
    const {open, folder} = await installation()
    const context = await open()
    const path = join(folder, 'leftover')
    await writeFile(path, '')
    const stale = join(context.places.runDir, `worker-${'0'.repeat(16)}.stderr`)
    await mkdir(context.places.runDir)
    await writeFile(stale, '')
    await utimes(stale, 1, 1)
    // Of a process that is gone, and of ourselves.
    const unfinished = join(context.places.runDir, `.corral-${process.pid}-1-${'a'.repeat(18)}.tmp`)
    const ours = join(context.places.runDir, `.corral-${process.pid}-${(await context.host.process(process.pid))?.startTime ?? ''}-${'a'.repeat(18)}.tmp`)
    for (const path of [unfinished, ours]) await writeFile(path, '')
    const check = {
      name: 'demo', find: async () => (await readFile(path).then(() => true, () => false))
        ? [{what: 'This will not work.', repair: [{kind: 'demo.fail'}], nextSteps: ['Remove it yourself.']}, {what: 'A file is left.', repair: [{kind: 'file.remove', path}]}]
        : [],
    }
    expect(await run('corral doctor', {}, {...context, doctorChecks: async () => [check]})).toHaveLength(4)
    await expect(readFile(unfinished)).rejects.toMatchObject({code: 'ENOENT'})
    expect(await readFile(ours, 'utf8')).toBe('')
    await expect(readFile(path)).rejects.toMatchObject({code: 'ENOENT'})
    await expect(readFile(stale)).rejects.toMatchObject({code: 'ENOENT'})
  })

  it.each(['../x', '', 'abc', 'a'.repeat(100)])('refuses %j as a journal', async (discard) => {
    const {open} = await installation()
    await expect(run('corral doctor', {discard}, await open())).rejects.toMatchObject({kind: 'invalid-input'})
  })

  it('does not know a journal that is not there', async () => {
    const {open} = await installation()
    await expect(run('corral doctor', {discard: '012345678-0123456789ab'}, await open())).rejects.toMatchObject({kind: 'not-found'})
  })

  it('makes a plan that is data', async () => {
    const {context} = await interrupted()
    const {handler} = await commands['corral doctor']!.handler()
    const plan = handler.handles === 'change' ? await handler.plan({} as never, context) : undefined
    expect(JSON.parse(JSON.stringify(plan)) as Plan).toEqual(plan)
    await rm(join(context.places.logDir), {recursive: true})
  })
})
