// Backups of a machine without an agent whose process is killed after each step, in the modes for which it stands still: qmeventd lets it go on, before anybody types another command. The
// next command takes back the rest, as it does for a machine that is off. With a real QEMU that has nothing to boot.
import {execFileSync, spawn} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {onMonitor} from '../../../../../src/lib/guest/qemu/block-jobs/job-state.ts'
import {runStateOf} from '../../../../../src/lib/guest/qemu/runtime/run-state.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {runtimeStatus} from '../../../../../src/lib/guest/qemu/runtime/status.ts'
import {nbdLeftoversCheck} from '../../../../../src/lib/storage/nbd-leftovers-check.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {withLocks} from '../../../../../src/lib/tasks/with-locks.ts'
import {builtProgram} from '../../../../support/built.ts'
import {isWholeVma} from '../../../../support/vma-reader.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {pretendWatched} from '../support/pretend-watched.ts'
import {images, machineRoom, qm, storedConfig} from '../support/run-qm.ts'

const older = 'vzdump-qemu-100-2025_01_01-12_00_00.vma'
const limitMs = 600_000

/** @returns whether it was killed */
async function killedAfterStep(mode: string, step: number, {root}: Installation, context: Context): Promise<boolean> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, 'vzdump', JSON.stringify({vmid: '100', storage: 'local', mode, compress: '0', remove: false})], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', CORRAL_TEST_STOP_AFTER_STEP: String(step)}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => { child.once('close', (...end) => { resolve(end) }) })
  expect(signal === 'SIGKILL' || code === 0, `step ${step}: ${stderr}`).toBe(true)
  // Folders of sockets outlive the test's own folder.
  const sockets = (await nbdLeftoversCheck.find(context)).filter(({what}) => what.includes(`-${child.pid ?? 0}-`))
  for (const {repair = []} of sockets) for (const action of repair) await (await context.actionKind(action.kind)).run(action, context)
  return signal !== null
}

/** Kills it after each step until it comes to its end alive, and looks at what the next command leaves. @param atOnce what holds before that @returns the number of kills */
async function killEverywhere(mode: string, place: Installation, context: Context, atOnce: (about: string) => Promise<void>): Promise<number> {
  const dump = join(place.root, 'lib/vz/dump')
  const disks = await images(place)
  for (let step = 1; step < 30; step++) {
    const about = `${mode}, step ${step}`
    rmSync(dump, {recursive: true, force: true})
    mkdirSync(dump)
    writeFileSync(join(dump, older), older)
    const wasKilled = await killedAfterStep(mode, step, place, context)
    await atOnce(about)
    await qm('set', {vmid: 100, onboot: step % 2 === 0}, context)
    await withLocks({names: ['backup/h1'], reason: 'another run', timeoutMs: 60_000}, context, () => Promise.resolve())
    expect([await readJournals(context.store), await images(place), existsSync(guestPaths(context.places, 100).held)], about).toEqual([[], disks, false])
    expect(await storedConfig(100, context), about).not.toMatch(/^lock/m)
    const left = readdirSync(dump).filter((name) => name !== older && !name.endsWith('.log'))
    expect(readdirSync(dump), about).toContain(older)
    expect(left.length, `${about}: ${left.join(', ')}`).toBeLessThanOrEqual(1)
    for (const name of left) expect([name.endsWith('.vma'), isWholeVma(execFileSync('cat', [join(dump, name)]))], `${about}: ${name}`).toEqual([true, true])
    if (!wasKilled) {
      expect(left).toHaveLength(1)
      return step - 1
    }
  }
  throw new Error('it does not come to its end')
}

const create = (context: Context): Promise<unknown> => qm('create', {vmid: 100, kvm: false, memory: '32', vga: 'none', scsi0: 'local:0.01,format=qcow2', virtio0: 'local:0.01,format=raw,iothread=1'}, context)

it.each(['snapshot', 'suspend'] as const)('mode %s: the machine runs again by itself', async (mode) => {
  const place = await machineRoom()
  const context = await place.open()
  const watch = await pretendWatched(context)
  onTestFinished(() => watch.end())
  await create(context)
  await qm('start', {vmid: 100}, context)
  const process = await runtimeStatus(100, context)
  const kills = await killEverywhere(mode, place, context, async (about) => {
    await expect.poll(() => runStateOf(100, context), {timeout: 20_000, message: about}).toBe('running')
    expect(await runtimeStatus(100, context), about).toEqual(process)
  })
  expect(kills).toBeGreaterThan(6)
  // It stood still behind two steps at least: that which stopped it, and that which put the filters in.
  expect(watch.reports.filter((line) => line === 'guest 100: it was let go on, whoever held it is gone').length).toBeGreaterThanOrEqual(2)
  expect(JSON.stringify(await onMonitor(100, context, (client) => client.execute('query-named-block-nodes', {flat: true})))).not.toMatch(/"node-name":"b[fcst]-/)
  await qm('stop', {vmid: 100}, context)
}, limitMs)

it('a machine that is off stays off', async () => {
  const place = await machineRoom()
  const context = await place.open()
  await create(context)
  const kills = await killEverywhere('snapshot', place, context, async (about) => {
    expect(await runtimeStatus(100, context), about).toBeUndefined()
  })
  expect(kills).toBeGreaterThan(2)
}, limitMs)

it('a machine that its user has paused meanwhile, once it was let go, stays paused', async () => {
  const place = await machineRoom()
  const context = await place.open()
  const watch = await pretendWatched(context)
  onTestFinished(() => watch.end())
  await create(context)
  await qm('start', {vmid: 100}, context)
  mkdirSync(join(place.root, 'lib/vz/dump'), {recursive: true})
  expect(await killedAfterStep('suspend', 40, place, context)).toBe(false)
  await qm('suspend', {vmid: 100}, context)
  watch.reports.length = 0
  // The look of qmeventd that this asks for finds nobody's mark.
  expect(await killedAfterStep('suspend', 40, place, context)).toBe(false)
  expect([await runStateOf(100, context), watch.reports.filter((line) => line.includes('let go'))]).toEqual(['paused', []])
  await qm('stop', {vmid: 100}, context)
}, limitMs)
