// Snapshots and suspensions whose process is killed after every journal record and every step: afterwards all of it is done or nothing is left, and
// a guest that ran goes on. With a real QEMU that has nothing to boot.
import {execFileSync, spawn} from 'node:child_process'
import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {AppError} from '../../../../../src/lib/base/index.ts'
import {parseQemuConfig} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {runStateOf} from '../../../../../src/lib/guest/qemu/runtime/run-state.ts'
import {runtimeStatus, uncleanedRun} from '../../../../../src/lib/guest/qemu/runtime/status.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {scaledCount} from '../../../../support/rounds.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {pretendWatched} from '../support/pretend-watched.ts'
import {machineRoom, qm, storedConfig} from '../support/run-qm.ts'

interface Scene {
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
  readonly runs: boolean
  /** What was done before: commands of qm with their parameters. */
  readonly before?: readonly (readonly [command: string, params: Readonly<Record<string, unknown>>])[]
  /** How it looks when all of it was done. */
  readonly isDone: (text: string) => boolean
  readonly runsWhenDone: boolean
  /** Whether it runs when nothing was done. */
  readonly runsWhenUndone: boolean
  /** After which points it is killed: a plan that is taken back after its records, one that is finished, which has few, after its steps. */
  readonly killedAfter: 'RECORD' | 'STEP'
}

async function scene({runs, before = []}: Scene): Promise<{place: Installation; context: Context}> {
  const place = await machineRoom()
  const context = await place.open()
  const watch = await pretendWatched(context)
  onTestFinished(async () => {
    if (await runtimeStatus(100, context) !== undefined) await qm('stop', {vmid: 100, skiplock: true}, context)
    await watch.end()
  })
  await qm('create', {vmid: 100, kvm: false, memory: '32', vga: 'none', scsi0: 'local:0.01,format=qcow2', scsi1: 'local:0.01,format=qcow2'}, context)
  if (runs) await qm('start', {vmid: 100}, context)
  for (const [command, params] of before) await qm(command, {vmid: 100, ...params}, context)
  return {place, context}
}

async function inProcess(command: string, params: Readonly<Record<string, unknown>>, root: string, env: Readonly<Record<string, string>>): Promise<{signal: string | null; code: number | null; stderr: string}> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, `qm ${command}`, JSON.stringify({vmid: 100, ...params})], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', ...env}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal, stderr}) }) })
}

/** The snapshots in each image, and the volumes that there are. */
function onDisk(place: Installation): {snapshots: string[]; states: string[]} {
  const folder = join(place.root, 'lib/vz/images/100')
  const names = readdirSync(folder)
  const lists = names.filter((name) => name.endsWith('.qcow2')).map((name) => {
    const info = JSON.parse(execFileSync('qemu-img', ['info', '-U', '-f', 'qcow2', '--output=json', join(folder, name)]).toString()) as {snapshots?: {name: string}[]}
    return (info.snapshots ?? []).map((snapshot) => snapshot.name).sort().join(',')
  })
  expect(new Set(lists).size, `all images have the same: ${lists.join(' | ')}`).toBe(1)
  return {snapshots: (lists[0] ?? '').split(',').filter((name) => name !== ''), states: names.filter((name) => name.includes('-state-')).map((name) => `local:100/${name}`)}
}

/** What is in the configuration is on the disk, and nothing else is. */
function assertConsistent(place: Installation, text: string, what: string): void {
  const {current, snapshots} = parseQemuConfig(text)
  const {snapshots: made, states} = onDisk(place)
  expect(made, what).toEqual(Object.keys(snapshots).sort())
  expect(states, what).toEqual([current, ...Object.values(snapshots)].flatMap(({values}) => values['vmstate'] ?? []))
  for (const section of Object.values(snapshots)) expect(section.values['snapstate'], what).toBeUndefined()
  expect(['suspended', undefined], what).toContain(current.values['lock'])
}

async function killEverywhere(what: 'RECORD' | 'STEP', wanted: Scene): Promise<number> {
  for (let k = 1; k < 40; k++) {
    const {place, context} = await scene(wanted)
    const about = `${wanted.command}, ${what} ${k}`
    const end = await inProcess(wanted.command, wanted.params, place.root, {[`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)})
    if (end.signal === null) {
      expect(end, about).toMatchObject({code: 0, stderr: ''})
      expect(wanted.isDone(await storedConfig(100, context) ?? '')).toBe(true)
    } else {
      // Any next command clears up first, whatever becomes of it itself.
      await qm('set', {vmid: 100, onboot: false}, context).catch((error: unknown) => { if (!(error instanceof AppError) || error.kind !== 'conflict') throw error })
    }
    expect(await readJournals(context.store), about).toEqual([])
    const text = await storedConfig(100, context) ?? ''
    assertConsistent(place, text, about)
    const shouldRun = wanted.isDone(text) ? wanted.runsWhenDone : wanted.runsWhenUndone
    expect(await runtimeStatus(100, context) !== undefined, about).toBe(shouldRun)
    if (shouldRun) expect(await runStateOf(100, context), about).toBe('running')
    else expect(await uncleanedRun(100, context), about).toBeUndefined()
    if (end.signal === null) return k - 1
  }
  throw new Error('it does not come to its end')
}

const hasSnapshot = (text: string) => /^\[first\]$/m.test(text)
const scenes: readonly (readonly [string, Scene])[] = [
  ['a snapshot of a guest that is off', {command: 'snapshot', params: {snapname: 'first'}, runs: false, isDone: hasSnapshot, runsWhenDone: false, runsWhenUndone: false, killedAfter: 'RECORD'}],
  ['a snapshot of a guest that runs', {command: 'snapshot', params: {snapname: 'first'}, runs: true, isDone: hasSnapshot, runsWhenDone: true, runsWhenUndone: true, killedAfter: 'RECORD'}],
  ['a snapshot with the memory', {command: 'snapshot', params: {snapname: 'first', vmstate: true}, runs: true, isDone: hasSnapshot, runsWhenDone: true, runsWhenUndone: true, killedAfter: 'RECORD'}],
  ['the removal of a snapshot with the memory', {
    command: 'delsnapshot', params: {snapname: 'first'}, runs: true, before: [['snapshot', {snapname: 'first', vmstate: true}]], isDone: (text) => !hasSnapshot(text),
    runsWhenDone: true, runsWhenUndone: true, killedAfter: 'STEP',
  }],
  ['a rollback', {
    command: 'rollback', params: {snapname: 'first'}, runs: false, before: [['snapshot', {snapname: 'first'}], ['set', {name: 'later'}]], isDone: (text) => !/^name: later$/m.test(text),
    runsWhenDone: false, runsWhenUndone: false, killedAfter: 'STEP',
  }],
  ['a suspension to disk', {command: 'suspend', params: {todisk: true}, runs: true, isDone: (text) => /^lock: suspended$/m.test(text), runsWhenDone: false, runsWhenUndone: true, killedAfter: 'RECORD'}],
  ['the start of a suspended guest', {
    command: 'start', params: {}, runs: true, before: [['suspend', {todisk: true}]], isDone: (text) => !/^lock: suspended$/m.test(text),
    runsWhenDone: true, runsWhenUndone: false, killedAfter: 'RECORD',
  }],
]

describe.each(['RECORD', 'STEP'] as const)('killed after any %s', (what) => {
  // Each kill has a guest of its own, so the rest is for long runs.
  it.each(scenes.filter(([, {killedAfter}]) => killedAfter === what || scaledCount(1) > 1))('%s is done or leaves nothing', async (_name, wanted) => {
    expect(await killEverywhere(what, wanted)).toBeGreaterThan(0)
  }, 240_000)
})
