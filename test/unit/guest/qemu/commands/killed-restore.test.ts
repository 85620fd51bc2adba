// `qmrestore` out of a repository, in the place of a machine, and `corral backup export`, killed after each journal record and each step: the machine that was there is whole, or the new one is;
// no half archive, no volume that nobody names and no lock of the repository is left behind the next command.
import {execFileSync, spawn} from 'node:child_process'
import {readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {openStorage} from '../../../../../src/lib/storage/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {keepMachine, keptVolume} from '../../../../support/kept-machine.ts'
import {backedUpMachine} from '../../../../support/machine-backup.ts'
import {isWholeVma} from '../../../../support/vma-reader.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images, machineRoom, qm, storedConfig} from '../support/run-qm.ts'

const limitMs = 600_000
const volume = keptVolume('kept')

async function run(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<void> {
  const entry = catalog.commands[command]
  if (entry === undefined) throw new Error(`there is no ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, input), context)
}

async function room(): Promise<{readonly place: Installation; readonly context: Context}> {
  const place = await machineRoom()
  const context = await place.open()
  await run('pvesm add', {storage: 'kept', type: 'restic', path: join(place.root, 'repository'), password: 'a word'}, context)
  await keepMachine('kept', context)
  return {place, context}
}

/** @returns whether it was killed; else it has done its work */
async function killedAfter(what: 'RECORD' | 'STEP', count: number, command: string, params: object, {root}: Installation): Promise<boolean> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, command, JSON.stringify(params)], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', [`CORRAL_TEST_STOP_AFTER_${what}`]: String(count)}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => { child.once('close', (...end) => { resolve(end) }) })
  expect(signal === 'SIGKILL' || code === 0, `${what} ${count}: ${stderr}`).toBe(true)
  return signal !== null
}

/** A lock that a dead process has left goes when somebody comes. */
async function locksOf({root}: Installation, context: Context): Promise<string[]> {
  await (await openStorage('kept', context)).repository?.use((open) => open.snapshots())
  return readdirSync(join(root, 'repository/locks'))
}

function bytesOf({root}: Installation, image: string): Buffer {
  const raw = join(root, 'raw')
  execFileSync('qemu-img', ['convert', '-O', 'raw', join(root, 'lib/vz/images', image), raw])
  return readFileSync(raw)
}

it.each(['RECORD', 'STEP'] as const)('a restore, after each %s', async (what) => {
  const {place, context} = await room()
  const {scsi0} = backedUpMachine()
  const seen = {old: 0, new: 0}
  for (let count = 1; count < 40; count++) {
    const about = `${what} ${count}`
    if (await storedConfig(200, context) !== undefined) await qm('destroy', {vmid: 200}, context)
    await qm('create', {vmid: 200, scsi0: 'local:0.01', name: 'old'}, context)
    const old = {config: await storedConfig(200, context), images: await images(place)}
    const wasKilled = await killedAfter(what, count, 'qmrestore', {archive: volume, vmid: 200, force: true}, place)
    await qm('unlock', {vmid: 200}, context)
    expect([await readJournals(context.store), await locksOf(place, context)], about).toEqual([[], []])
    const config = await storedConfig(200, context)
    const isOld = config === old.config
    seen[isOld ? 'old' : 'new']++
    if (isOld) expect(await images(place), about).toEqual(old.images)
    else {
      expect(config, about).toMatch(/^name: web$/m)
      expect(config, about).not.toMatch(/^lock/m)
      const [first = '', ...others] = await images(place)
      for (const image of [first, ...others]) expect(config, about).toContain(`local:${image},`)
      expect([others.length, bytesOf(place, first).equals(scsi0)], about).toEqual([1, true])
    }
    if (wasKilled) continue
    expect(isOld).toBe(false)
    expect(seen.old).toBeGreaterThan(3)
    return
  }
  throw new Error('it does not come to its end')
}, limitMs)

it.each(['RECORD', 'STEP'] as const)('an export, after each %s', async (what) => {
  const {place, context} = await room()
  for (let count = 1; count < 20; count++) {
    const file = join(place.root, `out-${count}.vma`)
    const wasKilled = await killedAfter(what, count, 'corral backup export', {volume, file}, place)
    // No lock goes with it that somebody else would take.
    await run('corral doctor', {}, context)
    const left = readdirSync(place.root).filter((name) => name.startsWith(`out-${count}.`))
    expect(left.every((name) => name.endsWith('.vma') && isWholeVma(readFileSync(join(place.root, name)))), `${what} ${count}: ${left.join(', ')}`).toBe(true)
    expect([await readJournals(context.store), await locksOf(place, context)], `${what} ${count}`).toEqual([[], []])
    if (wasKilled) continue
    expect([left.length, count > 2]).toEqual([1, true])
    return
  }
  throw new Error('it does not come to its end')
}, limitMs)
