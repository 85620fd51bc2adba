// Freezing and thawing against an agent that obeys, is silent, refuses, is slow or goes away, and with the one who froze killed.
import {spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {afterEach, describe, expect, it} from 'vitest'
import {CancelledError} from '../../../../../src/lib/base/index.ts'
import {frozenGuestsCheck} from '../../../../../src/lib/guest/qemu/agent/doctor-check.ts'
import {parseMark} from '../../../../../src/lib/guest/qemu/agent/freeze-mark.ts'
import {freezeSteps} from '../../../../../src/lib/guest/qemu/agent/index.ts'
import {defaultFreezeLimits, freezeGuest, thawGuest} from '../../../../../src/lib/guest/qemu/agent/freezing.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {FakeAgent, refused, silent} from '../../../../support/fake-agent.ts'
import type {AgentAnswer} from '../../../../support/fake-agent.ts'
import {FakeQmpServer} from '../../../../support/fake-qmp-server.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {pretendWatched} from '../support/pretend-watched.ts'
import {machineRoom, qm} from '../support/run-qm.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const step of undo.splice(0).reverse()) await step() })

const limits = {...defaultFreezeLimits, thereMs: 200, freezeMs: 200, thawMs: 600, othersMs: 300}

/** A guest with file systems, as its agent tells of them. */
class Freezable {
  isFrozen = false
  readonly agent: FakeAgent
  constructor(answers: Readonly<Record<string, AgentAnswer>> = {}) {
    this.agent = new FakeAgent({
      'guest-fsfreeze-status': () => this.isFrozen ? 'frozen' : 'thawed',
      'guest-fsfreeze-freeze': () => { this.isFrozen = true; return 2 },
      'guest-fsfreeze-thaw': () => { this.isFrozen = false; return 2 },
      ...answers,
    })
  }

  /** What it was told, without the questions whether it is there. */
  get told(): string[] {
    return this.agent.asked.map(({command}) => command).filter((command) => !command.includes('sync')).map((command) => command.replace('guest-fsfreeze-', ''))
  }
}

interface Scene {readonly context: Context; readonly guest: Freezable; readonly lines: string[]; readonly root: string; readonly mark: string; readonly reports: string[]}

async function scene({answers = {}, status = 'running', hasAgent = true, isWatched = true}: {
  readonly answers?: Readonly<Record<string, AgentAnswer>>; readonly status?: string; readonly hasAgent?: boolean; readonly isWatched?: boolean
} = {}): Promise<Scene> {
  const place = await machineRoom()
  const context = await place.open()
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'agent: 1\n'}})
  const paths = guestPaths(context.places, 100)
  await mkdir(paths.dir, {recursive: true, mode: 0o700})
  undo.push(await pretendRunning(100, context))
  const monitor = new FakeQmpServer({answers: {'query-status': {status}}})
  await monitor.listen(paths.qmp)
  undo.push(() => monitor.close())
  const guest = new Freezable(answers)
  if (hasAgent) {
    await guest.agent.listen(paths.qga)
    undo.push(() => guest.agent.close())
  }
  const watch = isWatched ? await pretendWatched(context) : {reports: [], end: () => Promise.resolve()}
  undo.push(watch.end)
  return {context, guest, lines: place.lines, root: place.root, mark: paths.frozen, reports: watch.reports}
}

async function until(holds: () => boolean | Promise<boolean>, limitMs = 8_000): Promise<number> {
  const startedAt = performance.now()
  while (!await holds()) {
    if (performance.now() - startedAt > limitMs) throw new Error('in vain')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return performance.now() - startedAt
}

describe('freezing and thawing', () => {
  it('asks the agent, and leaves a mark as long as it is frozen', async () => {
    const {context, guest, mark, lines} = await scene()
    await freezeGuest(100, 60_000, context, limits)
    expect([guest.isFrozen, existsSync(mark)]).toEqual([true, true])
    await thawGuest(100, context, limits)
    expect([guest.isFrozen, existsSync(mark), guest.told]).toEqual([false, false, ['status', 'freeze', 'thaw']])
    expect(lines).toEqual(['the file systems of virtual machine 100 are frozen (2)'])
  })

  it('does nothing more when the thaw is repeated, or when nothing was frozen', async () => {
    const {context, guest} = await scene()
    await thawGuest(100, context, limits)
    expect(guest.told).toEqual([])
  })

  it('leaves alone what somebody else has frozen', async () => {
    const {context, guest, mark} = await scene()
    guest.isFrozen = true
    await freezeGuest(100, 60_000, context, limits)
    expect(existsSync(mark)).toBe(false)
    await thawGuest(100, context, limits)
    expect([guest.isFrozen, guest.told]).toEqual([true, ['status']])
  })

  it.each(['paused', 'suspended', 'shutdown'])('does not ask a guest that is halted (%s)', async (status) => {
    const {context, guest} = await scene({status})
    await freezeGuest(100, 60_000, context, limits)
    expect(guest.told).toEqual([])
  })

  it.each([
    ['is silent', {'guest-sync-delimited': () => silent}, 'no guest agent answered within 0.2 s', []],
    ['cannot freeze', {'guest-fsfreeze-status': () => refused('The command guest-fsfreeze-status has been disabled')}, 'has been disabled', ['status']],
    ['refuses', {'guest-fsfreeze-freeze': () => refused('failed to freeze /: Input/output error')}, 'failed to freeze /', ['status', 'freeze', 'thaw']],
    ['does not come to an end with it', {'guest-fsfreeze-freeze': () => silent}, "did not answer 'guest-fsfreeze-freeze' within 0.2 s", ['status', 'freeze', 'thaw']],
    ['goes away', {'guest-fsfreeze-freeze': (_args, socket) => { socket.destroy(); return silent }}, 'was closed', ['status', 'freeze', 'thaw']],
  ] satisfies [string, Record<string, AgentAnswer>, string, string[]][])('goes on with a warning when the agent %s', async (_about, answers, why, told) => {
    const {context, guest, mark, lines} = await scene({answers})
    const startedAt = performance.now()
    await freezeGuest(100, 60_000, context, limits)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(lines[0]).toContain('WARN: the file systems of virtual machine 100 are not frozen: ')
    expect(lines[0]).toContain(why)
    expect([existsSync(mark), guest.told]).toEqual([false, told])
    await thawGuest(100, context, limits)
    expect(guest.told).toEqual(told)
  })

  it('goes on with a warning when there is no socket', async () => {
    const {context, lines, mark} = await scene({hasAgent: false})
    await freezeGuest(100, 60_000, context, limits)
    expect(lines).toHaveLength(1)
    expect(existsSync(mark)).toBe(false)
  })

  it('thaws when it is cancelled while it freezes', async () => {
    const stop = new AbortController()
    const {context, guest} = await scene({answers: {'guest-fsfreeze-freeze': () => { guest.isFrozen = true; stop.abort(); return silent }}})
    await expect(freezeGuest(100, 60_000, {...context, signal: stop.signal}, limits)).rejects.toThrow(CancelledError)
    await thawGuest(100, context, limits)
    expect(guest.isFrozen).toBe(false)
  })

  it('tries the thaw again, and takes it for done when the guest says that it has thawed by itself', async () => {
    let tries = 0
    const {context, guest, mark, lines} = await scene({answers: {'guest-fsfreeze-thaw': (_args, socket) => {
      if (++tries === 1) { socket.destroy(); return silent }
      guest.isFrozen = false
      return refused('fsfreeze is limited up to 10 seconds')
    }}})
    await freezeGuest(100, 60_000, context, limits)
    await thawGuest(100, context, limits)
    expect([tries, existsSync(mark), lines.filter((line) => line.startsWith('WARN'))]).toEqual([2, false, []])
  })

  it('waits for another operation that has frozen the guest, and thaws nothing of it', async () => {
    const {context, guest, mark, lines} = await scene()
    const other = spawn('sleep', ['60'])
    undo.push(async () => { other.kill('SIGKILL') })
    const owner = await context.host.process(other.pid ?? 0)
    await writeFile(mark, JSON.stringify({owner, untilMs: context.clock.monotonicMs() + 60_000, state: 'held'}))
    await freezeGuest(100, 60_000, context, limits)
    expect(lines).toEqual(['WARN: another operation keeps virtual machine 100 frozen; it is not frozen for this one'])
    await thawGuest(100, context, limits)
    expect([guest.told, existsSync(mark)]).toEqual([[], true])
  })
})

describe('what qmeventd does about frozen guests', () => {
  it('thaws one that is frozen for too long, and the operation is told', async () => {
    const {context, guest, lines, mark} = await scene()
    await freezeGuest(100, 300, context, limits)
    expect(guest.isFrozen).toBe(true)
    expect(await until(() => !guest.isFrozen)).toBeLessThan(1_500)
    await until(async () => parseMark(await readFile(mark, 'utf8')).state === 'overdue')
    await thawGuest(100, context, limits)
    expect(lines.at(-1)).toContain('WARN: the file systems of virtual machine 100 had to be thawed before this was done')
    expect(existsSync(mark)).toBe(false)
  })

  it('goes on trying when the agent did not thaw in time', async () => {
    let isDeaf = true
    const {context, guest, lines, mark, reports} = await scene({answers: {'guest-fsfreeze-thaw': () => {
      if (isDeaf) return refused('not now')
      guest.isFrozen = false
      return 1
    }}})
    await freezeGuest(100, 60_000, context, limits)
    await thawGuest(100, context, limits)
    expect(lines.at(-1)).toContain('may still be frozen, qmeventd goes on trying to thaw them: ')
    expect((await frozenGuestsCheck.find(context))).toEqual([])
    isDeaf = false
    await until(() => !guest.isFrozen)
    await until(() => !existsSync(mark))
    await until(() => reports.at(-1)?.includes('guest 100: its file systems were thawed') === true)
  })
})

describe('a worker that is killed while the guest is frozen', () => {
  async function killedWorker({root}: Scene, isFrozen: () => boolean): Promise<void> {
    const child = spawn(process.execPath, [await builtProgram('test/unit/guest/qemu/support/freeze-and-hang.ts')], {
      env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1'}, stdio: ['ignore', 'ignore', 'inherit'],
    })
    const ended = new Promise((resolve) => { child.once('exit', resolve) })
    await until(isFrozen)
    child.kill('SIGKILL')
    await ended
  }

  it('has its guest thawed at once', async () => {
    const there = await scene()
    await killedWorker(there, () => there.guest.isFrozen)
    expect(await until(() => !there.guest.isFrozen)).toBeLessThan(1_500)
    await until(() => !existsSync(there.mark))
    expect(await readJournals(there.context.store)).toHaveLength(1)
  }, 30_000)

  it('has its guest thawed by the next command, when qmeventd is gone too', async () => {
    const there = await scene({isWatched: false})
    const watch = await pretendWatched(there.context)
    await killedWorker(there, () => { if (there.guest.isFrozen) void watch.end(); return there.guest.isFrozen })
    await watch.end()
    if (there.guest.isFrozen) expect((await frozenGuestsCheck.find(there.context))[0]?.what).toBe('The file systems of virtual machine 100 were frozen and have not been thawed.')
    await qm('unlock', {vmid: 100}, there.context)
    expect([there.guest.isFrozen, existsSync(there.mark), await readJournals(there.context.store)]).toEqual([false, false, []])
  }, 30_000)
})

describe('the steps', () => {
  it.each([
    [{}, 0], [{agent: '0'}, 0], [{agent: '1'}, 1], [{agent: 'enabled=1,type=isa'}, 1], [{agent: '1', template: '1'}, 0],
    [{agent: '1,freeze-fs=0'}, 0], [{agent: '1,freeze-fs-on-backup=0'}, 0], [{agent: '1,guest-fsfreeze=0'}, 0], [{agent: '1,freeze-fs=1'}, 1],
  ])('heed the configuration (%j)', (values, count) => {
    const {freeze, thaw} = freezeSteps(100, values)
    expect([freeze.length, thaw.length]).toEqual([count, count])
    for (const step of freeze) expect(step.undo).toEqual({kind: 'guest.thaw', vmid: 100})
  })
})

describe('a mark', () => {
  it('that cannot be read is that of somebody who is gone', () => {
    for (const text of ['', 'rubbish', '{}', '{"owner":{"pid":"1","startTime":"5"},"untilMs":7,"state":"held"}']) expect(parseMark(text)).toMatchObject({owner: {pid: 0}, state: 'abandoned'})
    expect(parseMark('{"owner":{"pid":1,"startTime":"5"},"untilMs":7,"state":"held"}')).toEqual({owner: {pid: 1, startTime: '5'}, untilMs: 7, state: 'held'})
  })
})
