// Workers killed at random moments: whatever the moment, the doctor finds its way back to all or nothing.
import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {parseUpid} from '../../../src/lib/base/index.ts'
import {commands} from '../../../src/lib/tasks/commands/index.ts'
import {followTask, runHandler} from '../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {killTask} from '../../../src/lib/tasks/stop-task.ts'
import {builtProgram} from '../../support/built.ts'
import {parts} from './demo/catalog.ts'
import {installation} from './demo/installation.ts'

const rounds = 20 * Number(process.env['CORRAL_TEST_SCALE'] ?? 1)
const seed = Number(process.env['CORRAL_TEST_SEED'] ?? Date.now() % 1_000_000)

/** A small generator (mulberry32), so that a seed gives the same moments again. */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

it(`leaves all or nothing after ${rounds} kills at random moments (seed ${seed})`, async () => {
  const {open, folder, traces} = await installation({workerPath: await builtProgram('test/unit/tasks/demo/worker.ts')})
  const context = await open()
  const random = randomFrom(seed)
  const {handler} = await commands['corral doctor']!.handler()
  for (let round = 0; round < rounds; round++) {
    const upid = await context.startTask('demo build', {folder})
    await context.clock.sleep(random() * 120)
    await killTask(parseUpid(upid), context)
    const {status} = await followTask(upid, context, {line: () => undefined}, {timeoutMs: 10_000})
    expect(['OK', 'unexpected status']).toContain(status)
    await runHandler(handler, {}, context)
    expect(await readJournals(context.store)).toEqual([])
    const left = await traces()
    const conf = await context.store.read('demo.conf')
    expect([0, parts.length]).toContain(left.length)
    expect(conf === undefined).toBe(left.length === 0)
    if (status === 'OK') expect(left).toHaveLength(parts.length)
    if (left.length === 0) continue
    for (const part of parts) await rm(join(folder, part))
    await context.store.commit({remove: ['demo.conf']})
  }
}, 30_000 + rounds * 2000)
