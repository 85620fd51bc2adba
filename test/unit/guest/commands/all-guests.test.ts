// pvenode startall and stopall: which guests, in which order, how many at a time, and what becomes of one that fails. The tasks are
// pretended here; real guests are in test/e2e.
import {mkdir, writeFile} from 'node:fs/promises'
import {describe, expect, it} from 'vitest'
import {ForbiddenError, InvalidInputError, ToolError, formatUpid} from '../../../../src/lib/base/index.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {logPath} from '../../../../src/lib/tasks/task-files.ts'
import {dirname} from 'node:path'
import {pretendRunning} from '../qemu/support/pretend-running.ts'
import {machineRoom} from '../qemu/support/run-qm.ts'

interface Room {
  readonly context: Context
  /** What was begun and ended, in order. */
  readonly events: string[]
  readonly lines: string[]
  readonly slept: number[]
}

/** A node with guests whose starts and shutdowns take one turn of the event loop; those of `failing` fail. */
async function room(guests: Readonly<Record<number, string>>, {failing = [], files = {}}: {failing?: readonly number[]; files?: Record<string, string>} = {}): Promise<Room> {
  const place = await machineRoom()
  const base = await place.open()
  await base.store.commit({put: {...files, ...Object.fromEntries(Object.entries(guests).map(([vmid, text]) => [`nodes/h1/qemu-server/${vmid}.conf`, text]))}})
  const events: string[] = []
  const slept: number[] = []
  let count = 0
  const startTask: Context['startTask'] = async (command, params) => {
    const vmid = Number(params['vmid'])
    events.push(`${command} ${vmid}`)
    // The process number of a task that is long gone.
    const upid = formatUpid({node: 'h1', pid: 4_000_000 + count++, pstart: 1, starttime: 1_700_000_000, type: 'qmstart', id: String(vmid), user: 'root@pam'})
    const path = logPath(base.places, upid)
    await mkdir(dirname(path), {recursive: true})
    await writeFile(path, failing.includes(vmid) ? 'TASK ERROR: it does not want to\n' : 'TASK OK\n')
    return upid
  }
  const clock = {...base.clock, now: () => base.clock.now(), monotonicMs: () => base.clock.monotonicMs(), sleep: async (ms: number) => { if (ms >= 1000) { slept.push(ms / 1000); events.push(`pause ${ms / 1000}`) } }}
  return {context: {...base, startTask, clock}, events, lines: place.lines, slept}
}

async function run(command: 'startall' | 'stopall', input: Readonly<Record<string, unknown>>, context: Context, options: {dryRun?: boolean} = {}) {
  const entry = catalog.commands[`pvenode ${command}`]
  if (entry === undefined) throw new Error('no such command')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  return runHandler(handler, checkParams(spec.params, input), context, options)
}

describe('pvenode startall', () => {
  const guests = {100: 'onboot: 1\nstartup: order=2,up=10\n', 101: 'onboot: 1\n', 102: 'onboot: 1\nstartup: order=1\n', 103: 'name: off\n', 104: 'onboot: 1\ntemplate: 1\n'}

  it('starts those with onboot in their order, with pauses between them', async () => {
    const {context, events} = await room(guests)
    await run('startall', {}, context)
    expect(events).toEqual(['qm start 102', 'pause 3', 'qm start 100', 'pause 10', 'qm start 101'])
  })

  it('starts others with force, and only those that are named', async () => {
    const {context, events} = await room(guests)
    await run('startall', {vms: '103,101', force: true}, context)
    expect(events.filter((event) => event.startsWith('qm'))).toEqual(['qm start 101', 'qm start 103'])
    events.length = 0
    await run('startall', {vms: '103'}, context)
    expect(events).toEqual([])
  })

  it('goes on after one that fails, and names it in the end', async () => {
    const {context, events, lines} = await room(guests, {failing: [102]})
    const failure = run('startall', {}, context)
    await expect(failure).rejects.toBeInstanceOf(ToolError)
    await expect(failure).rejects.toThrow('1 of 3 guests failed: 102')
    expect(events).toEqual(['qm start 102', 'qm start 100', 'pause 10', 'qm start 101'])
    expect(lines.join('\n')).toContain('it does not want to')
  })

  it('waits before the first for as long as the node says, but not with force', async () => {
    const {context, slept} = await room({100: 'onboot: 1\n'}, {files: {'nodes/h1/config': 'startall-onboot-delay: 20\n'}})
    await run('startall', {force: true}, context)
    expect(slept).toEqual([])
    await run('startall', {}, context)
    expect(slept).toEqual([20])
  })

  it('shows the order and changes nothing in a dry run', async () => {
    const {context, events} = await room(guests)
    const outcome = await run('startall', {}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' ? outcome.lines : []).toEqual([
      '# group 1 of 3', 'qm start 102', '# wait 3 s', '# group 2 of 3', 'qm start 100', '# wait 10 s', '# group 3 of 3', 'qm start 101',
    ])
    expect(events).toEqual([])
  })

  it('leaves those that run, and says which are not here', async () => {
    const {context, events, lines} = await room(guests)
    const end = await pretendRunning(102, context)
    await run('startall', {vms: '102,101,999'}, context)
    await end()
    expect(events.filter((event) => event.startsWith('qm'))).toEqual(['qm start 101'])
    expect(lines.join('\n')).toContain('not on this node and left out: 999')
  })

  it('is for root, and wants VMIDs', async () => {
    const {context} = await room(guests)
    await expect(run('startall', {}, {...context, caller: {user: 'ann@pam', isRoot: false}})).rejects.toThrow(ForbiddenError)
    await expect(run('startall', {vms: 'web'}, context)).rejects.toThrow(InvalidInputError)
    await expect(run('startall', {'max-workers': 65}, context)).rejects.toThrow(InvalidInputError)
  })

  it('stops waiting when it is cancelled', async () => {
    const {context, events} = await room(guests)
    const stop = new AbortController()
    const clock = {...context.clock, sleep: async () => { stop.abort() }}
    await expect(run('startall', {}, {...context, clock, signal: stop.signal})).rejects.toThrow()
    expect(events).toEqual(['qm start 102'])
  })
})

describe('pvenode stopall', () => {
  it('shuts down what runs, in the reverse order, each with its own time', async () => {
    const {context, lines} = await room({100: 'startup: order=1,down=30\n', 101: 'startup: order=2\n', 102: 'name: off\n'}, {files: {'datacenter.cfg': 'max_workers: 2\n'}})
    const ends = [await pretendRunning(100, context), await pretendRunning(101, context)]
    const outcome = await run('stopall', {}, context, {dryRun: true})
    const given = await run('stopall', {timeout: 60, 'force-stop': false, vms: '101'}, context, {dryRun: true})
    const atOnce = await run('stopall', {timeout: 0}, context, {dryRun: true})
    for (const end of ends) await end()
    expect(outcome.outcome === 'planned' ? outcome.lines : []).toEqual([
      '# group 1 of 2', 'qm shutdown 101 --timeout 180 --forceStop 1', '# group 2 of 2', 'qm shutdown 100 --timeout 30 --forceStop 1',
    ])
    expect(given.outcome === 'planned' ? given.lines : []).toEqual(['qm shutdown 101 --timeout 60 --forceStop 0'])
    expect(atOnce.outcome === 'planned' ? atOnce.lines : []).toContain('qm stop 101')
    expect(lines).toEqual([])
  })

  it('shuts down several of one order at a time', async () => {
    const {context} = await room({100: 'name: a\n', 101: 'name: b\n', 102: 'name: c\n'})
    const ends = await Promise.all([100, 101, 102].map((vmid) => pretendRunning(vmid, context)))
    let running = 0
    let most = 0
    const startTask: Context['startTask'] = async (...words) => {
      running++
      most = Math.max(most, running)
      await new Promise((resolve) => { setTimeout(resolve, 50) })
      running--
      return context.startTask(...words)
    }
    await run('stopall', {'max-workers': 2}, {...context, startTask})
    for (const end of ends) await end()
    expect(most).toBe(2)
  })
})
