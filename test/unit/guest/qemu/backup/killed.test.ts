// Backups of a machine that runs whose process is killed after every journal record: the machine goes on as it was, with no filter, no image of old blocks,
// no lock and no half archive left. With a real QEMU that has nothing to boot.
import {spawn} from 'node:child_process'
import {mkdirSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {onMonitor} from '../../../../../src/lib/guest/qemu/block-jobs/job-state.ts'
import {runStateOf} from '../../../../../src/lib/guest/qemu/runtime/run-state.ts'
import {runtimeStatus} from '../../../../../src/lib/guest/qemu/runtime/status.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {pretendWatched} from '../support/pretend-watched.ts'
import {machineRoom, qm, storedConfig} from '../support/run-qm.ts'

async function inProcess(root: string, dumpdir: string, record: number): Promise<{signal: string | null; code: number | null; stderr: string}> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, 'vzdump', JSON.stringify({vmid: '100', dumpdir, mode: 'snapshot', compress: '0'})], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', CORRAL_TEST_STOP_AFTER_RECORD: String(record)}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal, stderr}) }) })
}

it('a backup that is killed leaves nothing, and the machine unharmed', async () => {
  const place = await machineRoom()
  const context = await place.open()
  const watch = await pretendWatched(context)
  onTestFinished(async () => {
    if (await runtimeStatus(100, context) !== undefined) await qm('stop', {vmid: 100, skiplock: true}, context)
    await watch.end()
  })
  await qm('create', {vmid: 100, kvm: false, memory: '32', vga: 'none', scsi0: 'local:0.01,format=qcow2', virtio0: 'local:0.01,format=raw,iothread=1'}, context)
  await qm('start', {vmid: 100}, context)
  const process = await runtimeStatus(100, context)
  const dumpdir = join(place.root, 'dump')
  mkdirSync(dumpdir)
  for (let k = 1; k < 30; k++) {
    const end = await inProcess(place.root, dumpdir, k)
    await qm('set', {vmid: 100, onboot: k % 2 === 0}, context)
    expect(await readJournals(context.store), `record ${k}`).toEqual([])
    expect(await storedConfig(100, context), `record ${k}`).not.toMatch(/^lock/m)
    expect(await runtimeStatus(100, context), `record ${k}`).toEqual(process)
    expect(await runStateOf(100, context), `record ${k}`).toBe('running')
    const nodes = JSON.stringify(await onMonitor(100, context, (client) => client.execute('query-named-block-nodes', {flat: true})))
    expect(nodes, `record ${k}`).not.toMatch(/"node-name":"b[fcst]-/)
    expect(await onMonitor(100, context, (client) => client.execute('query-jobs'))).toEqual([])
    expect(readdirSync(dumpdir).filter((name) => !/\.vma$|\.log$/.test(name)), `record ${k}`).toEqual([])
    if (end.signal !== null) continue
    expect(end).toMatchObject({code: 0, stderr: ''})
    expect(readdirSync(dumpdir).filter((name) => name.endsWith('.vma')).length).toBeGreaterThan(0)
    expect(k).toBeGreaterThan(5)
    return
  }
  throw new Error('it does not come to its end')
}, 900_000)
