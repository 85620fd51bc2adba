// `vzdump` of a container into a repository whose worker is killed: after every journal record, and while restic writes. Whoever comes next finds the container as it was, no half
// backup, lock or mount, and older backups removed only where the new one is whole.
import {spawn} from 'node:child_process'
import {readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {openStorage} from '../../../../../src/lib/storage/index.ts'
import {guestTags} from '../../../../../src/lib/storage/repository/guest-snapshot.ts'
import {formatTree} from '../../../../../src/lib/storage/repository/tree.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {writeTemplate} from '../../../../support/container-template.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'
import {pct} from '../support/kill-everywhere.ts'

const limitMs = 300_000
const olderMs = [Date.UTC(2025, 0, 1), Date.UTC(2025, 0, 2)]

async function run(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<void> {
  const entry = catalog.commands[command]
  if (entry === undefined) throw new Error(`there is no ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, input), context)
}

async function withRepository() {
  const place = await machineRoom()
  const context = await place.open()
  writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'))
  await run('pvesm add', {storage: 'kept', type: 'restic', path: join(place.root, 'repository'), password: 'of several words'}, context)
  await pct('create', {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', rootfs: 'local:0', unprivileged: '0'}, context)
  const {repository} = await openStorage('kept', context)
  if (repository === undefined) throw new Error('there is no repository')
  /** The two older backups, and nothing else. */
  const reset = () => repository.use(async (open) => {
    for (const {id} of await open.snapshots()) await open.forget(id)
    const {id: tree} = await open.save('tree', formatTree([]))
    for (const takenAtMs of olderMs) await open.saveSnapshot({takenAtMs, tree, hostname: 'h1', username: 'root', paths: ['/lxc/200'], tags: guestTags({sizeBytes: 0, isProtected: false})})
  })
  /** What there is: tags and times. What locks the dead have left goes when somebody comes. */
  const left = () => repository.use(async (open) => (await open.snapshots()).map(({tags, takenAtMs}) => ({tags, takenAtMs})))
  const locks = () => readdirSync(join(place.root, 'repository/locks'))
  /** The processes that have one now. */
  const holders = () => repository.use(async (open) => {
    const all = await Promise.all((await open.lockNames()).map((name) => open.readLock(name).catch(() => undefined)))
    return all.flatMap((lock) => lock === undefined ? [] : [(JSON.parse(lock.toString()) as {pid: number}).pid])
  }, {lock: 'none'})
  const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(place.root))
  const config = async () => (await context.store.read('nodes/h1/lxc/200.conf'))?.data
  return {place, context, reset, left, locks, holders, mounts, config}
}

async function startBackup({root}: Installation, params: object, env: Readonly<Record<string, string>>) {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const words = JSON.stringify({vmid: '200', storage: 'kept', mode: 'stop', 'prune-backups': 'keep-last=2', ...params})
  const child = spawn(process.execPath, [program, 'vzdump', words], {env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', ...env}, stdio: ['ignore', 'ignore', 'inherit']})
  return {child, ended: new Promise<string | null>((resolve) => { child.once('close', (_code, by) => { resolve(by) }) })}
}

it('after each record', async () => {
  const {place, context, reset, left, locks, mounts, config} = await withRepository()
  const before = {config: await config(), mounts: mounts()}
  for (let k = 1; k < 40; k++) {
    await reset()
    const signal = await (await startBackup(place, {}, {CORRAL_TEST_STOP_AFTER_RECORD: String(k)})).ended
    // Any next command of this container clears up first.
    if (signal !== null) await pct('unlock', {vmid: 200}, context)
    expect(await readJournals(context.store), `record ${k}`).toEqual([])
    const snapshots = await left()
    const fresh = snapshots.filter(({takenAtMs}) => !olderMs.includes(takenAtMs))
    expect(fresh.map(({tags}) => tags[0]), `record ${k}`).toEqual(fresh.length === 0 ? [] : ['corral'])
    expect(snapshots.filter((one) => !fresh.includes(one)).map(({takenAtMs}) => takenAtMs), `record ${k}`).toEqual(fresh.length === 0 ? olderMs : olderMs.slice(1))
    expect({locks: locks(), config: await config(), mounts: mounts()}, `record ${k}`).toEqual({locks: [], ...before})
    if (signal !== null) continue
    expect(fresh).toHaveLength(1)
    expect(k).toBeGreaterThan(3)
    return
  }
  throw new Error('it does not come to its end')
}, limitMs)

it('while restic writes', async () => {
  const {place, context, reset, left, locks, holders, mounts, config} = await withRepository()
  await reset()
  const before = {config: await config(), mounts: mounts()}
  const [volume = ''] = readdirSync(join(place.root, 'lib/vz/images/200'))
  const large = join(place.root, 'lib/vz/images/200', volume, 'srv/large')
  writeFileSync(large, Buffer.alloc(64 * 1024 * 1024, 'words'))
  onTestFinished(() => { rmSync(large, {force: true}) })
  // A minute at this speed: it is there long enough to be seen.
  const {child, ended} = await startBackup(place, {bwlimit: '1024'}, {})
  // The worker has locks of its own before and afterwards; this one is restic's.
  await expect.poll(async () => (await holders()).some((pid) => pid !== child.pid), {timeout: 120_000, interval: 300}).toBe(true)
  child.kill('SIGKILL')
  expect(await ended).toBe('SIGKILL')
  await pct('unlock', {vmid: 200}, context)
  expect(await readJournals(context.store)).toEqual([])
  expect((await left()).map(({takenAtMs}) => takenAtMs)).toEqual(olderMs)
  // restic dies with the worker, and its lock is nobody's once it has.
  await expect.poll(async () => { await left(); return locks() }, {timeout: 60_000}).toEqual([])
  expect({config: await config(), mounts: mounts()}).toEqual(before)
}, limitMs)
