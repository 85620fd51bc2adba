import {readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {errorChain, parseUpid} from '../../../src/lib/base/index.ts'
import {attendTask, followTask, runHandler, taskError} from '../../../src/lib/tasks/index.ts'
import {startTask} from '../../../src/lib/tasks/start-task.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {askToStop, killTask} from '../../../src/lib/tasks/stop-task.ts'
import {deadTasks, endedTasks, runningTasks} from '../../../src/lib/tasks/task-index.ts'
import {builtProgram} from '../../support/built.ts'
import {buildHandler, demoCatalog, razeHandler} from './demo/catalog.ts'
import {installation} from './demo/installation.ts'

const place = async () => installation({workerPath: await builtProgram('test/unit/tasks/demo/worker.ts')})

async function follow(upid: string, context: Context) {
  const lines: string[] = []
  const end = await followTask(upid, context, {line: (line) => lines.push(line)}, {timeoutMs: 20_000})
  return {lines, end, error: taskError(upid, end)}
}

/** Waits until the log has the line. */
async function untilLogged(line: string, upid: string, context: Context) {
  await expect.poll(async () => readFile(join(context.places.logDir, 'tasks', upid.split(':')[4]?.at(-1) ?? '', upid), 'utf8'), {timeout: 15_000, interval: 5}).toContain(line)
}

describe('a worker that cannot begin', () => {
  it('says why, when its log cannot be made', async () => {
    const {root, open, folder, traces} = await place()
    await writeFile(join(root, 'log'), '')
    const refusal: unknown = await (await open()).startTask('demo build', {folder}).catch((error: unknown) => error)
    expect(errorChain(refusal)).toEqual(['the worker of the task ended before it began', expect.stringContaining(`cannot make the folder ${root}/log`)])
    expect(await readdir(join(root, 'run'))).toEqual([])
    expect(await traces()).toEqual([])
  })

  it('says that the disk is full, when it could not even say that', async () => {
    const {open} = await place()
    const context = onFullDisk(await open())
    const refusal: unknown = await startTask('demo build', {folder: '/'}, context, {catalog: demoCatalog, workerArgv: ['false'], env: {PATH: process.env['PATH']}}).catch((error: unknown) => error)
    expect(errorChain(refusal)).toEqual(['the worker of the task ended before it began', `the file system of ${context.places.runDir} is full (4 KiB are free)`])
  })

  it('says why, when its program is not there', async () => {
    const {open, folder} = await installation()
    const refusal: unknown = await (await open()).startTask('demo build', {folder}).catch((error: unknown) => error)
    expect(errorChain(refusal)).toEqual(['the worker of the task ended before it began', expect.stringContaining("Cannot find module '/nonexistent'")])
  })
})

/** The context as it looks on a full disk. */
function onFullDisk(context: Context): Context {
  const space = async () => ({totalBytes: 2 ** 30, usedBytes: 2 ** 30, availableBytes: 4096})
  return {...context, host: {...context.host, files: {...context.host.files, space}}}
}

describe('a task', () => {
  it('runs in a process of its own and leaves its log, its status and its result', async () => {
    const {open, folder, traces} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder})
    expect(parseUpid(upid)).toMatchObject({node: 'h1', type: 'demobuild', id: '', user: 'root@pam'})
    expect(parseUpid(upid).pid).not.toBe(process.pid)
    const {lines, end, error} = await follow(upid, context)
    expect(lines).toEqual([`makes ${folder}/one`, `makes ${folder}/two`, `makes ${folder}/three`])
    expect(end).toEqual({status: 'OK', result: {built: 3}})
    expect(error).toBeUndefined()
    expect(await traces()).toEqual(['one', 'three', 'two'])
    await expect.poll(async () => (await endedTasks(context)).map(({upid: id, status}) => ({id, status}))).toEqual([{id: upid, status: 'OK'}])
    expect(await runningTasks(context)).toEqual([])
  })

  it('leaves no file behind in the run folder, even if whoever started it is killed', async () => {
    const {root, open, folder} = await place()
    const context = await open()
    const {files} = context.host
    // The one who starts it never comes to clear up.
    const starter = {...context, host: {...context.host, files: {...files, remove: async () => false}}}
    const workerArgv = [process.execPath, await builtProgram('test/unit/tasks/demo/worker.ts')]
    const upid = await startTask('demo build', {folder}, starter, {catalog: demoCatalog, workerArgv, env: {CORRAL_ROOT: root, CORRAL_NODE: 'h1', PATH: process.env['PATH']}})
    await follow(upid, context)
    expect((await readdir(join(root, 'run'))).filter((name) => name.endsWith('.stderr'))).toEqual([])
  })

  it('is none when its object is not there: the error is that of the command, and nothing is left', async () => {
    const {root, open, folder} = await place()
    const context = await open()
    const error = await context.startTask('demo build', {folder, mode: 'missing'}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({kind: 'not-found', message: 'there is no such site', cause: {message: 'nobody made one'}, nextSteps: ['Make one.'], data: {site: 7}})
    expect([...await runningTasks(context), ...await endedTasks(context)]).toEqual([])
    expect((await readdir(join(root, 'run'))).filter((name) => name.endsWith('.stderr'))).toEqual([])
  })

  it('that fails tells its waiter the kind of error, its causes and next steps', async () => {
    const {open, folder, traces} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'fail'})
    const {end, error} = await follow(upid, context)
    expect(end.status).toBe('this step fails: as it was told')
    expect(error).toMatchObject({kind: 'invalid-input', message: 'this step fails', cause: {message: 'as it was told'}, data: {upid, seen: 1}})
    expect(error?.nextSteps.at(-1)).toBe(`The log of the task: pvenode task log ${upid}`)
    expect(await traces()).toEqual([])
  })

  it('that is asked to stop undoes what it did', async () => {
    const {open, folder, traces} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'dawdle'})
    await untilLogged('dawdles', upid, context)
    expect((await runningTasks(context)).map((task) => task.upid)).toEqual([upid])
    expect(await askToStop(parseUpid(upid), context)).toBe(true)
    const {error} = await follow(upid, context)
    expect(error?.kind).toBe('cancelled')
    expect(await traces()).toEqual([])
    await expect.poll(() => askToStop(parseUpid(upid), context)).toBe(false)
  })

  it('is asked to stop when its waiter is interrupted, who goes on following', async () => {
    const {open, folder, lines} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'dawdle'})
    const interrupt = new AbortController()
    const end = await attendTask(upid, context, {line: (line) => { if (line === 'dawdles') interrupt.abort() }}, interrupt.signal)
    expect(end.errorKind).toBe('cancelled')
    expect(lines.join()).toContain(`corral task wait ${upid}`)
  })

  it('that is killed is seen as dead, and its lock passes on at once to whoever undoes what it left', async () => {
    const {open, folder, traces} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'deaf'})
    await untilLogged('dawdles', upid, context)
    await killTask(parseUpid(upid), context)
    const {end, error} = await follow(upid, context)
    expect(end.status).toBe('unexpected status')
    expect(error?.kind).toBe('tool')
    expect(errorChain(error)).toEqual(['the worker of the task died before it could say how it ended'])
    const onFull = await follow(upid, onFullDisk(context))
    expect(errorChain(onFull.error)).toEqual(['the worker of the task died before it could say how it ended', `the file system of ${context.places.logDir} is full (4 KiB are free)`])
    expect(onFull.error?.nextSteps[0]).toMatch(/^Make room on the file system of /)
    expect(await deadTasks(context)).toMatchObject([{upid, status: 'unexpected status'}])
    expect(await traces()).toEqual(['one', 'three', 'two'])
    await runHandler(buildHandler, {folder}, context)
    expect((await context.store.read('demo.conf'))?.data).toBe('built: 1\npassword: s3cret\n')
  })

  it('waits for another that has the lock, in turn', async () => {
    const {open, folder} = await place()
    const context = await open()
    const first = await context.startTask('demo build', {folder, mode: 'dawdle'})
    await untilLogged('dawdles', first, context)
    const second = await context.startTask('demo build', {folder})
    await untilLogged('waiting for', second, context)
    await askToStop(parseUpid(first), context)
    const {lines, end} = await follow(second, context)
    expect(lines[0]).toMatch(/^waiting for demo-shared, held by demo build .* \(pid \d+ on h1\) since /)
    expect(end.status).toBe('OK')
  })

  it('with a hostile program keeps its own last word, and its log is safe to print', async () => {
    const {open, folder} = await place()
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'babble'})
    const {lines, end} = await follow(upid, context)
    expect(end.status).toBe('WARNINGS: 1')
    expect(lines).toContain(' TASK OK')
    expect(lines).toContain(' TASK ERROR: not really')
    expect(lines).toContain('\\x1B]0;title\\x07\\x1B[2J')
    expect(lines).toContain('WARN: beware of \\u202Egnp.exe')
    expect(lines.filter((line) => line.startsWith('copied: ')).length).toBeLessThan(10)
    expect(lines.at(-1)?.length).toBeLessThan(10_000)
  })

  it('gets nothing of the environment but what it needs', async () => {
    const {open, folder} = await place()
    process.env['CORRAL_TEST_CANARY'] = 'token'
    const context = await open()
    const upid = await context.startTask('demo build', {folder, mode: 'dawdle'})
    delete process.env['CORRAL_TEST_CANARY']
    const {pid} = parseUpid(upid)
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').map((entry) => entry.split('=')[0])
    expect(environment.sort()).toEqual(['', 'CORRAL_NODE', 'CORRAL_ROOT', 'LC_ALL', 'PATH'])
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(folder)
    await askToStop(parseUpid(upid), context)
    await follow(upid, context)
  })

  it('whose worker cannot start is an error that says why, at once', async () => {
    const {open, folder} = await installation({workerPath: '/nonexistent/worker.mjs'})
    const context = await open()
    await expect(context.startTask('demo build', {folder})).rejects.toMatchObject({
      kind: 'tool', failure: {stderr: expect.stringContaining('/nonexistent/worker.mjs') as unknown},
    })
  })
})

describe('a worker that is killed', () => {
  const cases = async (what: 'RECORD' | 'STEP' | 'UNDO', count: number, commandId: string, mode?: string) => {
    for (let k = 1; k <= count; k++) {
      const {open, folder, traces, notes} = await place()
      const context = await open({env: {[`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)}})
      await context.store.commit({put: {'demo.conf': 'old: 1\n'}})
      const upid = await context.startTask(commandId, {folder, ...(mode === undefined ? {} : {mode})})
      expect((await follow(upid, context)).end.status, `${what} ${k}`).toBe('unexpected status')
      expect((await readJournals(context.store)).length, `${what} ${k}`).toBe(1)
      await afterwards({context: await open(), folder, traces, notes})
    }
  }
  let afterwards: (place: {context: Context; folder: string; traces: () => Promise<string[]>; notes: () => Promise<string[]>}) => Promise<void>

  it('after any journal record or step of a plan with undo leaves nothing behind', async () => {
    afterwards = async ({context, folder, traces}) => {
      // A plan that changes nothing itself: what is left is what recovery left.
      const idle = {...buildHandler, plan: async () => ({whenInterrupted: 'undo' as const, steps: []})}
      await runHandler(idle, {folder}, context)
      expect(await traces()).toEqual([])
      expect((await context.store.list('')).map(({path, data}) => ({path, data}))).toEqual([{path: 'demo.conf', data: 'old: 1\n'}])
    }
    await cases('RECORD', 4, 'demo build')
    await cases('STEP', 4, 'demo build')
    await cases('UNDO', 4, 'demo build', 'fail')
  }, 60_000)

  it('after the journal record or any step of a plan that is to be finished has it finished by the next', async () => {
    afterwards = async ({context, folder, notes}) => {
      const idle = {...razeHandler, plan: async () => ({whenInterrupted: 'undo' as const, steps: []})}
      await runHandler(idle, {folder}, context)
      expect((await notes()).slice(-3)).toEqual(['one', 'two', 'three'])
      expect(await context.store.list('')).toEqual([])
    }
    await cases('RECORD', 1, 'demo raze')
    await cases('STEP', 4, 'demo raze')
  }, 60_000)
})
