// A backup that is exported, and files that are taken out of one, by a process that is killed after each journal record: whoever clears up leaves all of it or nothing.
import {spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {existsSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {catalog} from '../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../src/lib/tasks/journal.ts'
import {recover} from '../../../../src/lib/tasks/recover.ts'
import {builtProgram} from '../../../support/built.ts'
import {keepContainer} from '../../../support/kept-container.ts'
import {keepMachine, keptVolume} from '../../../support/kept-machine.ts'
import {tarArchive} from '../../../support/tar-archive.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

const large = randomBytes(500_000).toString('latin1')
const archive = tarArchive([{name: './etc/hosts', data: 'hosts'}, {name: './large', data: large}])

async function withRepository(): Promise<{readonly context: Context; readonly root: string}> {
  const place = await machineRoom()
  const context = await place.open()
  const entry = catalog.commands['pvesm add']
  if (entry === undefined) throw new Error('there is no pvesm add')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, {storage: 'kept', type: 'restic', path: join(place.root, 'repository'), password: 'a word'}), context)
  return {context, root: place.root}
}

/** Gives the signal that ended it. */
async function runUntilRecord(k: number, root: string, command: string, params: object): Promise<string | null> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, command, JSON.stringify(params)], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', CORRAL_TEST_STOP_AFTER_RECORD: String(k)}, stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve) => { child.once('close', (_code, by) => { resolve(by) }) })
}

/** For each record until the command comes to its end. @param check is told whether it did */
async function forEachRecord(room: {readonly context: Context; readonly root: string}, command: string, params: object, check: (about: string, isWhole: boolean) => void): Promise<void> {
  for (let k = 1; k < 40; k++) {
    const signal = await runUntilRecord(k, room.root, command, params)
    for (const journal of await readJournals(room.context.store)) await recover(journal, room.context)
    expect(await readJournals(room.context.store), `record ${k}`).toEqual([])
    check(`record ${k}`, signal === null)
    if (signal !== null) continue
    expect(k).toBeGreaterThan(1)
    return
  }
  throw new Error('it does not come to its end')
}

describe('killed after each record', () => {
  it.each([
    ['a machine', async (context: Context) => { await keepMachine('kept', context); return keptVolume('kept') }, 'out.vma.zst'],
    ['a container', (context: Context) => keepContainer('kept', archive, context), 'out.tar'],
  ])('an export of %s leaves nothing, or the whole archive', async (_about, keep, name) => {
    const room = await withRepository()
    const volume = await keep(room.context)
    const file = join(room.root, name)
    await forEachRecord(room, 'corral backup export', {volume, file}, (about, isWhole) => {
      expect(readdirSync(room.root).filter((each) => each.startsWith('out')), about).toEqual(isWhole ? [name] : [])
      if (isWhole && name === 'out.tar') expect(readFileSync(file).equals(archive)).toBe(true)
      rmSync(file, {force: true})
    })
  }, 300_000)

  it('files that are taken out leave nothing, or all of them', async () => {
    const room = await withRepository()
    const volume = await keepContainer('kept', archive, room.context)
    const target = join(room.root, 'out')
    await forEachRecord(room, 'corral backup files extract', {volume, 'extra-args': ['/'], target}, (about, isWhole) => {
      expect(existsSync(target), about).toBe(isWhole)
      if (isWhole) expect(readFileSync(join(target, 'large'), 'latin1').length).toBeGreaterThan(0)
      rmSync(target, {recursive: true, force: true})
    })
  }, 300_000)
})
