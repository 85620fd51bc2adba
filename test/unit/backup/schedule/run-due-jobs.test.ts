// corral schedule run: what it begins and how it tells, and what becomes of it when it is killed. The tasks are pretended here.
import {createHash} from 'node:crypto'
import {mkdir, writeFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {describe, expect, it} from 'vitest'
import {ToolError, formatUpid} from '../../../../src/lib/base/index.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import {readJobStates, scheduleLock, writeJobStates} from '../../../../src/lib/backup/schedule/job-states.ts'
import type {JobStates} from '../../../../src/lib/backup/schedule/job-states.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {logPath} from '../../../../src/lib/tasks/task-files.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

const beginMs = new Date('2026-01-05T10:00:00Z').getTime()

interface Room {
  readonly context: Context
  readonly started: {command: string; params: Readonly<Record<string, unknown>>; key: string | undefined}[]
  readonly lines: string[]
  /** Moves the clock on. */
  readonly wait: (ms: number) => void
}

/** A host with these jobs; tasks of commands in `failing` fail. */
async function room(jobs: string, failing: readonly string[] = []): Promise<Room> {
  const place = await machineRoom()
  const base = await place.open()
  await base.store.commit({put: {'jobs.cfg': jobs}})
  const started: Room['started'] = []
  let nowMs = beginMs
  const startTask: Context['startTask'] = async (command, params, key) => {
    const before = started.findIndex((task) => task.key !== undefined && task.key === key)
    const number = before < 0 ? started.push({command, params, key}) - 1 : before
    const upid = formatUpid({node: 'h1', pid: 4_000_000 + number, pstart: 1, starttime: 1_700_000_000, type: 'job', id: '', user: 'root@pam'})
    const path = logPath(base.places, upid)
    await mkdir(dirname(path), {recursive: true})
    await writeFile(path, failing.includes(command) ? 'guest 100: the disk is gone\nTASK ERROR: it does not want to\n' : 'TASK OK\n')
    return upid
  }
  const clock = {now: () => nowMs, monotonicMs: () => base.clock.monotonicMs(), sleep: (ms: number, signal?: AbortSignal) => base.clock.sleep(ms, signal)}
  return {context: {...base, startTask, clock}, started, lines: place.lines, wait: (ms) => { nowMs += ms }}
}

async function run(context: Context, options: {dryRun?: boolean} = {}) {
  const entry = catalog.commands['corral schedule run']
  if (entry === undefined) throw new Error('no such command')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  return runHandler(handler, checkParams(spec.params, {}), context, options)
}

const hour = 3_600_000
const nightly = 'vzdump: nightly\n\tschedule *:00 UTC\n\tvmid 100\n\tstorage local\n\tenabled 1\n\tcomment x\n\n'
const often = 'snapshot: often\n\tschedule *:00 UTC\n\tall 1\n\n'

describe('corral schedule run', () => {
  it('begins what is due, once, with the settings of the job, and says nothing', async () => {
    const {context, started, lines, wait} = await room(nightly + often)
    await run(context)
    expect(started).toEqual([])
    wait(hour)
    await run(context)
    expect(started.map(({command, params}) => ({command, params}))).toEqual([
      {command: 'vzdump', params: {vmid: '100', storage: 'local', 'job-id': 'nightly'}}, {command: 'corral snapshot job run', params: {id: 'often'}},
    ])
    await run(context)
    expect(started).toHaveLength(2)
    expect(lines.filter((line) => /^(?:WARN|NOTE)/.test(line))).toEqual([])
    expect((await readJobStates(context)).jobs['nightly']?.last).toMatchObject({status: 'OK', endedMs: beginMs + hour})
  }, 60_000)

  it('tells the log of what failed, runs the others, and fails', async () => {
    const {context, started, lines, wait} = await room(nightly + often, ['vzdump'])
    await run(context)
    wait(hour)
    const error = await run(context).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ToolError)
    expect(String(error)).toContain('1 of 2 jobs failed: nightly')
    expect(lines).toContain("WARN: job 'nightly' failed: it does not want to")
    expect(lines).toContain('NOTE:   guest 100: the disk is gone')
    expect(started).toHaveLength(2)
    expect((await readJobStates(context)).jobs['nightly']?.last?.status).toBe('it does not want to')
    // It is not begun again before its next time.
    await run(context)
    expect(started).toHaveLength(2)
  })

  it('tells of sections that it cannot read: once, and again the next day', async () => {
    const {context, lines, wait} = await room(`${nightly}vzdump: broken\n\tschedule never ever\n\tall 1\n\n`)
    const told = () => lines.filter((line) => /^WARN: a job is left out: jobs\.cfg, line \d+ \(job 'broken'\): schedule/.test(line)).length
    await run(context)
    await run(context)
    expect(told()).toBe(1)
    wait(25 * hour)
    await run(context)
    expect(told()).toBe(2)
  })

  it('runs one backup after the other', async () => {
    const {context, started, wait} = await room(nightly + nightly.replace('nightly', 'weekly'))
    await run(context)
    wait(hour)
    await run(context)
    expect(started.map(({params}) => params['job-id'])).toEqual(['nightly', 'weekly'])
  })

  it('ends at once, and well, while another one is at it', async () => {
    const {context, started, wait} = await room(nightly)
    await run(context)
    wait(hour)
    const held = await context.store.lock(scheduleLock('h1'), {reason: 'another', timeoutMs: 0})
    await run(context)
    expect(started).toEqual([])
    await held.release()
    await run(context)
    expect(started).toHaveLength(1)
  })

  it('shows in a dry run what is due, and begins and remembers nothing', async () => {
    const {context, started, wait} = await room(nightly)
    await run(context)
    wait(hour)
    const before = await context.store.revision()
    const outcome = await run(context, {dryRun: true})
    expect(outcome.outcome === 'planned' ? outcome.lines : []).toEqual(["# job 'nightly'", 'vzdump 100 --storage local --job-id nightly'])
    expect([started, await context.store.revision()]).toEqual([[], before])
  })
})

describe('after a death', () => {
  const key = createHash('sha256').update('k').digest('hex')
  const task = {key, command: 'vzdump', params: {vmid: '100'}, startedMs: beginMs}
  const states: JobStates = {lookedMs: beginMs, jobs: {nightly: {schedule: '*:00 UTC', sinceMs: beginMs, run: task}}}

  it('a task that was about to begin is begun under its key, so that it is begun once', async () => {
    const {context, started} = await room(nightly)
    const upid = await context.startTask(task.command, task.params, key)
    await writeJobStates(states, context)
    await run(context)
    expect(started).toEqual([{command: 'vzdump', params: {vmid: '100'}, key}])
    expect((await readJobStates(context)).jobs['nightly']).toMatchObject({last: {status: 'OK', upid}})
    expect((await readJobStates(context)).jobs['nightly']?.run).toBeUndefined()
  })

  it('a task that had begun is followed to its end, and its failure is told', async () => {
    const {context, started} = await room(nightly, ['vzdump'])
    const upid = await context.startTask(task.command, task.params, key)
    await writeJobStates({...states, jobs: {nightly: {schedule: '*:00 UTC', sinceMs: beginMs, run: {...task, upid}}}}, context)
    await expect(run(context)).rejects.toThrow('1 of 1 jobs failed: nightly')
    expect(started).toHaveLength(1)
  })

  it('of a task that nobody can know of any more the failure is told, once', async () => {
    const {context, started, wait} = await room(nightly)
    await writeJobStates(states, context)
    wait(hour - 60_000)
    await expect(run(context)).rejects.toThrow('1 of 1 jobs failed: nightly')
    await run(context)
    expect(started).toEqual([])
  })
})
