// Backups of a machine that runs into a repository, with a real QEMU that has nothing to boot: what was not written to since the backup before is not read, each backup is as the
// disks were, and one that is killed after any journal record leaves no bitmap, filter, lock or half backup.
import {spawn} from 'node:child_process'
import fs from 'node:fs/promises'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {readBitmaps} from '../../../../../src/lib/guest/qemu/backup/dirty-bitmaps.ts'
import {onMonitor} from '../../../../../src/lib/guest/qemu/block-jobs/job-state.ts'
import {runStateOf} from '../../../../../src/lib/guest/qemu/runtime/run-state.ts'
import {runtimeStatus} from '../../../../../src/lib/guest/qemu/runtime/status.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {openStorage} from '../../../../../src/lib/storage/index.ts'
import {withKeptMachine} from '../../../../../src/lib/storage/repository/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {pretendWatched} from '../support/pretend-watched.ts'
import {machineRoom, qm} from '../support/run-qm.ts'
import {saveInRepository} from '../support/save-in-repository.ts'

const mebibyte = 1024 ** 2
const firstMs = Date.UTC(2026, 10, 23, 15)
const [scsiMib, virtioMib] = [14, 5]

async function addRepository(path: string, context: Context): Promise<void> {
  const entry = catalog.commands['pvesm add']
  if (entry === undefined) throw new Error('there is no pvesm add')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, {storage: 'kept', type: 'restic', path, password: 'of several words'}), context)
  await (await openStorage('kept', context)).activate()
}

/** A guest's write, by its own device. */
async function write(drive: 'scsi0' | 'virtio0', pattern: number, atMib: number, sizeMib: number, context: Context): Promise<void> {
  const device = drive === 'scsi0' ? '/machine/peripheral/scsi0' : '/machine/peripheral/virtio0/virtio-backend'
  const answer = await onMonitor(100, context, (client) => client.execute('human-monitor-command', {'command-line': `qemu-io -d ${device} "write -P ${pattern} ${atMib}M ${sizeMib}M"`}))
  expect(answer).toBe('')
}

const bitmaps = (context: Context) => onMonitor(100, context, async (client) => readBitmaps(await client.execute('query-named-block-nodes', {flat: true})))
const timeOf = (name: string): number => Number(name.split('-').at(-1)) * 1000
const volumeAt = (timeMs: number): string => `kept:backup/vm/100/${new Date(timeMs).toISOString().replace('.000Z', 'Z')}`

/** The disks in a backup, a pattern for each MiB. */
function kept(timeMs: number, context: Context): Promise<Record<string, readonly number[]>> {
  return withKeptMachine(volumeAt(timeMs), context, async ({disks}) => {
    const all: Record<string, readonly number[]> = {}
    for (const disk of disks) {
      const bytes = await disk.read(0, disk.sizeBytes)
      all[disk.name] = Array.from({length: disk.sizeBytes / mebibyte}, (_, index) => {
        const piece = bytes.subarray(index * mebibyte, (index + 1) * mebibyte)
        return piece.equals(Buffer.alloc(mebibyte, piece[0])) ? piece[0] ?? -1 : -1
      })
    }
    return all
  })
}

/** Zeros but for these. */
const patterns = (sizeMib: number, ...written: readonly (readonly [atMib: number, countMib: number, pattern: number])[]): number[] =>
  Array.from({length: sizeMib}, (_, index) => written.findLast(([at, count]) => index >= at && index < at + count)?.[2] ?? 0)

it('only what was written to is read, and a backup that is killed takes nothing with it', async () => {
  const place = await machineRoom()
  const context = await place.open()
  const watch = await pretendWatched(context)
  onTestFinished(async () => {
    if (await runtimeStatus(100, context) !== undefined) await qm('stop', {vmid: 100, skiplock: true}, context)
    await watch.end()
  })
  await addRepository(join(place.root, 'repository'), context)
  await qm('create', {vmid: 100, kvm: false, memory: '32', vga: 'none', scsi0: `local:${scsiMib / 1024},format=qcow2`, virtio0: `local:${virtioMib / 1024},format=raw,iothread=1`}, context)
  await qm('start', {vmid: 100}, context)
  await write('scsi0', 7, 0, 2, context)
  await write('scsi0', 8, 9, 1, context)
  await write('virtio0', 9, 3, 2, context)
  const save = async (timeMs: number): Promise<string> => {
    place.lines.length = 0
    await saveInRepository(timeMs, context)
    return place.lines.find((line) => line.startsWith('read ')) ?? ''
  }

  expect(await save(firstMs)).toMatch(/^read 19\.0 MiB/)
  const first = {'drive-scsi0': patterns(scsiMib, [0, 2, 7], [9, 1, 8]), 'drive-virtio0': patterns(virtioMib, [3, 2, 9])}
  expect(await kept(firstMs, context)).toEqual(first)
  expect((await bitmaps(context)).map(({name, isUsable}) => [timeOf(name), isUsable])).toEqual([[firstMs, true], [firstMs, true]])

  await write('scsi0', 5, 13, 1, context)
  const secondMs = firstMs + 1000
  // The last piece of scsi0 is 2 MiB long; nothing of virtio0 is read.
  expect(await save(secondMs)).toMatch(/^read 2\.0 MiB, of which 2\.0 MiB are new/)
  const second = {...first, 'drive-scsi0': patterns(scsiMib, [0, 2, 7], [9, 1, 8], [13, 1, 5])}
  expect(await kept(secondMs, context)).toEqual(second)
  expect(await kept(firstMs, context)).toEqual(first)
  expect((await bitmaps(context)).map(({name}) => timeOf(name))).toEqual([secondMs, secondMs])

  const program = await builtProgram('test/unit/guest/qemu/support/save-one.ts')
  const inProcess = (timeMs: number, record: number): Promise<{signal: string | null; stderr: string}> => new Promise((resolve) => {
    const child = spawn(process.execPath, [program, String(timeMs)], {
      env: {PATH: process.env['PATH'], CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', CORRAL_TEST_STOP_AFTER_RECORD: String(record)}, stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
    child.once('close', (_code, signal) => { resolve({signal, stderr}) })
  })
  const qemu = await runtimeStatus(100, context)
  const {repository} = await openStorage('kept', context)
  let lastMs = secondMs
  const held = [...second['drive-scsi0']]
  for (let k = 1; ; k++) {
    expect(k, 'it does not come to its end').toBeLessThan(30)
    await write('scsi0', 20 + k, 4, 1, context)
    held[4] = 20 + k
    const timeMs = secondMs + k * 1000
    const end = await inProcess(timeMs, k)
    expect(end.stderr, `record ${k}`).toBe('')
    await qm('set', {vmid: 100, onboot: k % 2 === 0}, context)
    expect(await readJournals(context.store), `record ${k}`).toEqual([])
    expect(await runtimeStatus(100, context), `record ${k}`).toEqual(qemu)
    expect(await runStateOf(100, context), `record ${k}`).toBe('running')
    const nodes = JSON.stringify(await onMonitor(100, context, (client) => client.execute('query-named-block-nodes', {flat: true})))
    expect(nodes, `record ${k}`).not.toMatch(/"node-name":"b[fcst]-/)
    const taken = await repository?.use(async (open) => (await open.snapshots()).map(({takenAtMs}) => takenAtMs))
    // Once all is done the death comes too late to take the backup back.
    if (taken?.includes(timeMs) === true) lastMs = timeMs
    expect(taken, `record ${k}`).toEqual(lastMs === timeMs ? [firstMs, secondMs, timeMs] : [firstMs, secondMs])
    expect((await bitmaps(context)).map(({name}) => timeOf(name)), `record ${k}`).toEqual([lastMs, lastMs])
    if (lastMs === timeMs) break
  }
  expect(await kept(lastMs, context)).toMatchObject({'drive-scsi0': held})

  // What was noted down since a backup that is gone says nothing: all is read.
  await repository?.use(async (open) => { for (const {id} of await open.snapshots()) await open.forget(id) })
  const laterMs = lastMs + 60_000
  expect(await save(laterMs)).toMatch(/^read 19\.0 MiB, of which 0\.0 MiB are new/)
  expect(await kept(laterMs, context)).toMatchObject({'drive-scsi0': held})
  expect((await bitmaps(context)).map(({name}) => timeOf(name))).toEqual([laterMs, laterMs])
  expect(await fs.readdir(join(place.root, 'repository', 'locks'))).toEqual([])
}, 900_000)
