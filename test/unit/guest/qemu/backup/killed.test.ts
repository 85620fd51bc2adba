// Backups of a machine that runs whose process is killed after every journal record, of the run and of the guest: the machine goes on as it was, with no filter, no
// image of old blocks, no lock and no half archive left, thawed, and older backups are removed only where the new one is whole. With a real QEMU that has nothing to boot.
import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {onMonitor} from '../../../../../src/lib/guest/qemu/block-jobs/job-state.ts'
import {runStateOf} from '../../../../../src/lib/guest/qemu/runtime/run-state.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {runtimeStatus} from '../../../../../src/lib/guest/qemu/runtime/status.ts'
import {nbdLeftoversCheck} from '../../../../../src/lib/storage/nbd-leftovers-check.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {withLocks} from '../../../../../src/lib/tasks/with-locks.ts'
import {FakeAgent} from '../../../../support/fake-agent.ts'
import {builtProgram} from '../../../../support/built.ts'
import {isWholeVma} from '../../../../support/vma-reader.ts'
import {pretendWatched} from '../support/pretend-watched.ts'
import {images, machineRoom, qm, storedConfig} from '../support/run-qm.ts'

const older = ['01', '02', '03'].map((day) => `vzdump-qemu-100-2025_01_${day}-12_00_00.vma`)

interface End { readonly pid: number; readonly signal: string | null; readonly code: number | null; readonly stderr: string }

async function inProcess(root: string, params: Readonly<Record<string, unknown>>, record: number): Promise<End> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, 'vzdump', JSON.stringify(params)], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', CORRAL_TEST_STOP_AFTER_RECORD: String(record)}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({pid: child.pid ?? 0, code, signal, stderr}) }) })
}

it('a backup that is killed leaves nothing, the older ones intact, and the machine unharmed', async () => {
  const place = await machineRoom()
  const context = await place.open()
  const watch = await pretendWatched(context)
  onTestFinished(async () => {
    if (await runtimeStatus(100, context) !== undefined) await qm('stop', {vmid: 100, skiplock: true}, context)
    await watch.end()
  })
  await qm('create', {vmid: 100, kvm: false, memory: '32', vga: 'none', agent: '1', scsi0: 'local:0.01,format=qcow2', virtio0: 'local:0.01,format=raw,iothread=1'}, context)
  await qm('start', {vmid: 100}, context)
  const process = await runtimeStatus(100, context)
  // In the place of QEMU's end of the line to an agent that nothing in the machine would answer.
  let [isFrozen, freezes] = [false, 0]
  const agent = new FakeAgent({
    'guest-fsfreeze-status': () => isFrozen ? 'frozen' : 'thawed', 'guest-fsfreeze-thaw': () => { isFrozen = false; return 1 },
    'guest-fsfreeze-freeze': () => { isFrozen = true; freezes++; return 1 },
  })
  const {qga} = guestPaths(context.places, 100)
  rmSync(qga)
  await agent.listen(qga)
  onTestFinished(() => agent.close())
  const dump = join(place.root, 'lib/vz/dump')
  const disks = await images(place)
  const told = join(place.root, 'told')
  const script = join(place.root, 'script')
  writeFileSync(script, `#!/bin/sh\necho "$1" >>${told}\n`, {mode: 0o755})
  const params = {vmid: '100', storage: 'local', mode: 'snapshot', compress: 'zstd', fleecing: 'enabled=1,storage=local', script, 'notes-template': '{{guestname}}', 'prune-backups': 'keep-last=2'}
  const seen = {nothing: 0, whole: 0}
  for (let k = 1; k < 60; k++) {
    rmSync(dump, {recursive: true, force: true})
    mkdirSync(dump)
    for (const name of older) writeFileSync(join(dump, name), name)
    writeFileSync(told, '')
    const end = await inProcess(place.root, params, k)
    await qm('set', {vmid: 100, onboot: k % 2 === 0}, context)
    // What is left of the run itself is cleared up by the next run.
    await withLocks({names: ['backup/h1'], reason: 'another run', timeoutMs: 60_000}, context, () => Promise.resolve())
    expect(await readJournals(context.store), `record ${k}`).toEqual([])
    expect(await storedConfig(100, context), `record ${k}`).not.toMatch(/^lock/m)
    expect(await runtimeStatus(100, context), `record ${k}`).toEqual(process)
    expect(await runStateOf(100, context), `record ${k}`).toBe('running')
    await expect.poll(() => isFrozen, {timeout: 60_000, message: `record ${k}`}).toBe(false)
    const nodes = JSON.stringify(await onMonitor(100, context, (client) => client.execute('query-named-block-nodes', {flat: true})))
    expect(nodes, `record ${k}`).not.toMatch(/"node-name":"b[fcst]-/)
    expect(await onMonitor(100, context, (client) => client.execute('query-jobs')), `record ${k}`).toEqual([])
    expect(await images(place), `record ${k}`).toEqual(disks)
    const left = readdirSync(dump).filter((name) => !older.includes(name) && !name.endsWith('.log')).sort()
    const [archive] = left
    expect(left, `record ${k}`).toEqual(archive === undefined ? [] : [archive, `${archive}.notes`])
    if (archive !== undefined) expect(isWholeVma(execFileSync('zstd', ['-dc', join(dump, archive)])), `record ${k}`).toBe(true)
    // The oldest two give way to the new one, and to that alone.
    expect(readdirSync(dump).filter((name) => older.includes(name)), `record ${k}`).toEqual(archive === undefined ? older : older.slice(2))
    seen[archive === undefined ? 'nothing' : 'whole']++
    const phases = readFileSync(told, 'utf8').trimEnd().split('\n')
    // A script that was told of the beginning is told of the end, whichever it was.
    if (phases.includes('backup-start')) expect(phases, `record ${k}`).toContain(archive === undefined ? 'backup-abort' : 'backup-end')
    if (phases.includes('job-init')) expect(phases, `record ${k}`).toContain(end.signal === null ? 'job-end' : 'job-abort')
    const sockets = (await nbdLeftoversCheck.find(context)).filter(({what}) => what.includes(`-${end.pid}-`))
    for (const {repair = []} of sockets) for (const action of repair) await (await context.actionKind(action.kind)).run(action, context)
    expect((await nbdLeftoversCheck.find(context)).filter(({what}) => what.includes(`-${end.pid}-`)), `record ${k}`).toEqual([])
    if (end.signal !== null) continue
    expect(end).toMatchObject({code: 0, stderr: ''})
    expect(seen.nothing).toBeGreaterThan(8)
    expect(freezes).toBeGreaterThan(3)
    expect(seen.whole).toBeGreaterThan(1)
    return
  }
  throw new Error('it does not come to its end')
}, 900_000)
