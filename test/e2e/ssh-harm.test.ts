// Harm at random moments of commands on hosts: the client is killed, the server is killed, the cable is taken out. Every task ends, none
// runs twice, what the client says is true, and nothing is left over. Each kind of harm has a host of its own, all at the same time. The seed is
// printed; CORRAL_TEST_SEED repeats a run, as far as processes can be repeated.
import {readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {catalog} from '../../src/lib/catalog.ts'
import {readJournals} from '../../src/lib/tasks/journal.ts'
import {localContext} from '../../src/lib/tasks/local-context.ts'
import {randomSource, scaledCount, seededRandom} from '../support/rounds.ts'
import type {RandomSource} from '../support/rounds.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {LabHost, SshLab} from '../support/ssh-lab.ts'
import {Desk, killQuietly, onHost, processesOf} from './support/desk.ts'
import {waitUntil} from './support/installation.ts'

const rounds = scaledCount(1)
let lab: SshLab

beforeAll(async () => { lab = await openSshLab({hosts: ['h1', 'h2', 'h3'], network: 'namespaces'}) }, 60_000)
afterAll(async () => { await lab.close() }, 60_000)

const pause = (ms: number) => new Promise<void>((done) => { setTimeout(done, ms) })

interface Harm {
  readonly hostName: string
  /** @param client the process that the user started */
  readonly strike: (host: LabHost, client: number | undefined, random: RandomSource) => Promise<void>
}

const harms: Readonly<Record<string, Harm>> = {
  'the client is killed': {hostName: 'h1', strike: async (_host, client) => { if (client !== undefined) killQuietly(client) }},
  'the server is killed': {hostName: 'h2', strike: async (host, _client, random) => { await host.kill(); await pause(random.between(0, 1_000)); await host.start() }},
  // In the soak some cuts last longer than a connection bears.
  'the cable is out': {hostName: 'h3', strike: async (host, _client, random) => {
    await host.cutNetwork()
    await pause(rounds > 5 && random.between(1, 10) === 1 ? 34_000 : random.between(200, 3_000))
    await host.restoreNetwork()
  }},
}

test.concurrent.for(Object.entries(harms))('%s at random moments of start, a long task and destroy', {timeout: 120_000 + rounds * 120_000}, async ([name, harm], {onTestFinished}) => {
  const random = seededRandom((randomSource(name).seed + name.length * 7919) >>> 0)
  const host = lab.host(harm.hostName)
  const desk = new Desk(lab)
  onTestFinished(() => desk.close())
  await desk.addHosts([host])
  const said = new Map<string, number>()
  let begun = 0
  // Once in peace: how long each command takes, and what is there afterwards.
  const usual = await round(host, 100, async (words) => {
    const startedAt = performance.now()
    await desk.must(['qm', ...words, '--on', host.name], {env: {CORRAL_KEEPER: 'no'}})
    return performance.now() - startedAt
  })
  const tree = await expectNothingLeft(host, 100, 'the round in peace')
  for (let number = 0; number < rounds; number++) {
    const vmid = 200 + number
    await round(host, vmid, async (words, index) => {
      const afterMs = random.between(0, Math.round(1.1 * (usual[index] ?? 1000)))
      const isKept = random.between(0, 2) === 0
      const what = `${name} ${afterMs} ms after qm ${words.join(' ')} (round ${number}${isKept ? ', with a keeper' : ''})`
      const before = await tasks(host)
      const call = desk.type(['qm', ...words, '--on', host.name], isKept ? {} : {env: {CORRAL_KEEPER: 'no'}})
      await pause(afterMs)
      await harm.strike(host, call.child.pid, random)
      const {code, stderr} = await call.ended
      expect(stderr, what).not.toMatch(/This is a fault in Corral|\n\s+at .*\.[jt]s:\d+|[^\P{Cc}\n]/u)
      await settled(host, desk, what)
      const new_ = (await tasks(host)).filter((task) => !before.some(({upid}) => upid === task.upid))
      const own = new_.filter(({type}) => type === `qm${words[0] ?? ''}`)
      expect(own.length, `${what}: ${own.map(({upid}) => upid).join(' ')}`).toBeLessThanOrEqual(1)
      // A guest that does not heed the request is stopped, with a warning.
      for (const {upid, status} of new_) expect(status, `${what}: ${upid}: ${stderr}`).toMatch(/^(?:OK|WARNINGS: 1)$/)
      // Done, killed, or away: and then the user is told how to go on.
      expect([0, 7, null], `${what}: ${stderr}`).toContain(code)
      if (code === 0) expect(own.length, `${what}: it said that it is done`).toBe(1)
      if (code === 7) expect(stderr, what).toMatch(/corral task wait UPID:|pvenode task list|Error: .*(?:reach|lost|answer|ended)/)
      const is = await stateOf(host, vmid)
      expect(is, what).toMatchObject(own.length === 0 ? {} : {start: {qemus: 1}, shutdown: {qemus: 0, volumes: 1}, destroy: {guests: 0, qemus: 0, volumes: 0}}[words[0] ?? ''] ?? {})
      expect(is.qemus, what).toBeLessThanOrEqual(1)
      begun += own.length
      said.set(String(code), (said.get(String(code)) ?? 0) + 1)
      return 0
    })
    expect(await expectNothingLeft(host, vmid, `round ${number}`)).toEqual(tree)
  }
  await desk.close()
  await waitUntil('all processes on the host to end', () => processesOf(host).length === 0, 60_000)
  const codes = [...said].sort().map(([code, count]) => `${count} × ${code === 'null' ? 'killed' : code}`).join(', ')
  console.log(`${name}: ${rounds} rounds, ${3 * rounds} commands, of which ${begun} had begun their task; exit codes: ${codes}`)
})

/** Creates a guest, does three things with it, and sees to it in peace that each can be done. */
async function round(host: LabHost, vmid: number, act: (words: readonly string[], index: number) => Promise<number>): Promise<number[]> {
  await must(host, 'qm', 'create', String(vmid), '--memory', '32', '--kvm', '0', '--scsi0', 'local:1')
  const took = [await act(['start', String(vmid)], 0)]
  if ((await stateOf(host, vmid)).qemus === 0) await must(host, 'qm', 'start', String(vmid))
  took.push(await act(['shutdown', String(vmid), '--timeout', '2', '--forceStop', '1'], 1))
  if ((await stateOf(host, vmid)).qemus > 0) await must(host, 'qm', 'stop', String(vmid))
  took.push(await act(['destroy', String(vmid)], 2))
  if ((await stateOf(host, vmid)).guests > 0) await must(host, 'qm', 'destroy', String(vmid))
  return took
}

/** Looked at on the host itself, so that no connection is in the way. */
async function must(host: LabHost, ...argv: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await onHost(host, argv)
  if (code !== 0) throw new Error(`${argv.join(' ')} on ${host.name} ended with ${code}: ${stderr}`)
  return stdout
}

interface TaskRow { readonly upid: string; readonly type: string; readonly status?: string }

async function tasks(host: LabHost, source = 'all'): Promise<TaskRow[]> {
  return JSON.parse(await must(host, 'pvenode', 'task', 'list', '--source', source, '--limit', '10000', '--output-format', 'json')) as TaskRow[]
}

async function stateOf(host: LabHost, vmid: number): Promise<{guests: number; qemus: number; volumes: number}> {
  const guests = (JSON.parse(await must(host, 'qm', 'list', '--output-format', 'json')) as {vmid: number}[]).filter((guest) => guest.vmid === vmid).length
  const volumes = (JSON.parse(await must(host, 'pvesm', 'list', 'local', '--output-format', 'json')) as unknown[]).length
  return {guests, volumes, qemus: processesOf(host).filter(({name}) => name.startsWith('qemu-system')).length}
}

const agents = (host: LabHost) => processesOf(host).filter(({words}) => words.includes('--stdio'))
const workers = (host: LabHost) => processesOf(host).filter(({words}) => words.includes('--worker') || words.some((word) => /\/worker(?:-main)?\.c?js$/.test(word)))

/** Nothing that was asked for is still to come: no agent is left that could begin something, apart from a keeper's, and no task runs. */
async function settled(host: LabHost, desk: Desk, what: string): Promise<void> {
  const keepers = desk.keepers().length
  await waitUntil(`the agents to end after ${what}`, () => agents(host).length <= (keepers > 0 ? 1 : 0), 90_000)
  if (keepers > 0) await pause(500)
  await waitUntil(`the tasks to end after ${what}`, async () => workers(host).length === 0 && (await tasks(host, 'active')).length === 0, 60_000)
}

/** Processes, journals, locks, volumes, run files. @returns all that is below the host's folder apart from what is meant to grow */
async function expectNothingLeft(host: LabHost, vmid: number, what: string): Promise<string[]> {
  expect(await stateOf(host, vmid), what).toEqual({guests: 0, volumes: 0, qemus: 0})
  expect(await must(host, 'corral', 'doctor'), what).toBe('Everything is as it should be.\n')
  const stop = new AbortController()
  const log = {info: () => undefined, warn: () => undefined, notice: () => undefined, progress: () => undefined}
  const {context, close} = await localContext({env: {CORRAL_ROOT: host.root, CORRAL_NODE: host.name}, catalog, workerArgv: [], log, signal: stop.signal})
  try {
    expect(await readJournals(context.store), what).toEqual([])
    for (const lock of [`guest/${vmid}`, 'storage/local']) expect(await context.store.lockHolder(lock), `${lock} after ${what}`).toBeUndefined()
    expect((await context.store.list('')).map(({path}) => path).filter((path) => path.includes(String(vmid))), what).toEqual([])
  } finally {
    await close()
  }
  // The watcher of guests ends by itself some seconds after the last of them.
  await waitUntil(`qmeventd to end after ${what}`, () => processesOf(host).every(({name}) => name !== 'qmeventd'), 30_000)
  return treeOf(host.root)
}

/** All files and folders, apart from logs and what SQLite keeps beside its file. */
function treeOf(folder: string): string[] {
  return readdirSync(folder, {recursive: true}).map(String)
    .filter((name) => !name.startsWith('log/') && !/config\.db-(?:wal|shm|journal)$/.test(name))
    .map((name) => (statSync(join(folder, name)).isDirectory() ? `${name}/` : name)).sort()
}
