// `qmrestore --live-restore`: a machine that runs in a real QEMU, with nothing to boot, while its disks are filled from a repository. Whatever ends on the way, the disks
// have in the end what was in the backup and what the machine has written, or there is no machine.
import {existsSync, readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {join} from 'node:path'
import {describe, expect, it, vi} from 'vitest'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {withQmp} from '../../../../../src/lib/guest/qemu/qmp/index.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context, Outcome} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {keepMachine, keptVolume} from '../../../../support/kept-machine.ts'
import {backedUpMachine, writeMachineBackup} from '../../../../support/machine-backup.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {listenForEvents} from '../support/event-listener.ts'
import {images, machineRoom, qm, storedConfig, storedKey} from '../support/run-qm.ts'

const params = {archive: keptVolume('kept'), vmid: 100, 'live-restore': true}

async function run(command: string, input: Readonly<Record<string, unknown>>, context: Context, options: {readonly dryRun?: boolean} = {}): Promise<Outcome> {
  const entry = catalog.commands[command]
  if (entry === undefined) throw new Error(`there is no ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  return runHandler(handler, checkParams(spec.params, input), context, options)
}

async function room(limit = ''): Promise<{place: Installation; context: Context}> {
  const place = await machineRoom()
  const context = await place.open()
  await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images,backup\n${limit}`}})
  await run('pvesm add', {storage: 'kept', type: 'restic', path: join(place.root, 'repository'), password: 'a word'}, context)
  await keepMachine('kept', context)
  await listenForEvents(place, context)
  return {place, context}
}

const disk = (place: Installation, number: number) => join(place.root, `lib/vz/images/100/vm-100-disk-${number}.qcow2`)
const monitor = (context: Context, command: string, args: Record<string, unknown> = {}) =>
  withQmp(context.host, guestPaths(context.places, 100).qmp, {}, (client) => client.execute(command, args))
const hasServer = (context: Context) => existsSync(guestPaths(context.places, 100).backup)

/** The disks as they were backed up, with what was written over the first. */
async function expectContent(place: Installation, context: Context, written?: {readonly at: number; readonly bytes: Buffer}): Promise<void> {
  const {scsi0, scsi1} = backedUpMachine()
  written?.bytes.copy(scsi0, written.at)
  for (const [number, want] of [scsi0, scsi1].entries()) {
    const raw = join(place.root, 'out.raw')
    await context.host.run(['qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', '--', disk(place, number), raw])
    expect(readFileSync(raw).subarray(0, want.length).equals(want), `disk ${number}`).toBe(true)
    expect((await context.host.run(['qemu-img', 'info', '--output=json', '-f', 'qcow2', '--', disk(place, number)])).stdout).not.toContain('backing')
  }
}

async function whileItFills(context: Context): Promise<void> {
  await vi.waitFor(async () => {
    expect(JSON.stringify(await monitor(context, 'query-jobs'))).toContain('import-scsi0')
  }, {timeout: 60_000, interval: 100})
}

describe('a live restore', () => {
  it('runs the machine, fills its disks and lets go of the backup', async () => {
    const {place, context} = await room()
    await run('qmrestore', params, context)
    expect(await storedConfig(100, context)).not.toContain('lock:')
    expect(await storedKey(100, 'scsi0', context)).toBe('local:100/vm-100-disk-0.qcow2,size=3M')
    expect([await monitor(context, 'query-jobs'), JSON.stringify(await monitor(context, 'query-named-block-nodes', {flat: true})).includes('nbd'), hasServer(context)]).toEqual([[], false, false])
    expect(await readJournals(context.store)).toEqual([])
    await qm('stop', {vmid: 100}, context)
    await expectContent(place, context)
  }, 60_000)

  it('shows all of it with --dry-run, and makes nothing', async () => {
    const {place, context} = await room()
    const planned = await run('qm create', {archive: params.archive, vmid: 100, 'live-restore': true}, context, {dryRun: true})
    const lines = planned.outcome === 'planned' ? planned.lines : []
    expect(lines).toEqual(expect.arrayContaining([`# serve the disks in ${params.archive} to QEMU (NBD)`, '# QMP: block-stream job-id=import-scsi0 device=drive-scsi0 auto-dismiss=false', '-lock: create']))
    expect([await storedConfig(100, context), existsSync(disk(place, 0))]).toEqual([undefined, false])
  })

  it('restores the rest without the machine when its QEMU dies, with what it has written', async () => {
    const {place, context} = await room('\tbwlimit default=256\n')
    const restored = run('qmrestore', params, context)
    restored.catch(() => undefined)
    await whileItFills(context)
    expect(await storedKey(100, 'lock', context)).toBe('create')
    for (const command of ['write -P 7 2944k 64k', 'flush']) await monitor(context, 'human-monitor-command', {'command-line': `qemu-io drive-scsi0 "${command}"`})
    process.kill(Number(readFileSync(guestPaths(context.places, 100).pid, 'utf8')), 'SIGKILL')
    await restored
    expect([(await storedConfig(100, context))?.includes('lock:'), hasServer(context)]).toEqual([false, false])
    await expectContent(place, context, {at: 2944 * 1024, bytes: Buffer.alloc(64 * 1024, 7)})
  }, 120_000)

  it('stops the machine where the backup is damaged, and keeps it locked: it can be removed, and restored again', async () => {
    const {place, context} = await room()
    const packs = readdirSync(join(place.root, 'repository/data'), {recursive: true, withFileTypes: true}).filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
    const whole = packs.map((pack) => [pack, readFileSync(pack)] as const).filter(([, bytes]) => bytes.length > 5_000)
    for (const [pack, bytes] of whole) writeFileSync(pack, Buffer.from(bytes).fill(1, 2_000, 2_010))
    await expect(run('qmrestore', params, context)).rejects.toThrow(/could not be restored from .* to its end, and was stopped/)
    expect([await storedKey(100, 'lock', context), hasServer(context), await readJournals(context.store)]).toEqual(['create', false, []])
    await vi.waitFor(async () => { expect(await monitor(context, 'query-status').catch(() => 'gone')).toBe('gone') }, {timeout: 60_000, interval: 100})
    for (const [pack, bytes] of whole) writeFileSync(pack, bytes)
    await qm('unlock', {vmid: 100}, context)
    await qm('destroy', {vmid: 100}, context)
    expect(await images(place)).toEqual([])
    await run('qmrestore', params, context)
    await qm('stop', {vmid: 100}, context)
    await expectContent(place, context)
  }, 120_000)

  it('is refused for an archive, for a machine that is there, and on storages with raw volumes only', async () => {
    const {place, context} = await room()
    const dump = writeMachineBackup(join(place.root, 'lib/vz/dump'))
    await expect(run('qmrestore', {...params, archive: dump.path}, context)).rejects.toThrow("'live-restore' needs a backup whose parts can be read in any order")
    await context.store.commit({put: {'nodes/h1/qemu-server/101.conf': 'memory: 16\n'}})
    await expect(run('qmrestore', {...params, vmid: 101, force: true}, context)).rejects.toThrow("'live-restore' cannot put a backup in the place of virtual machine 101")
    const {data = ''} = await context.store.read('storage.cfg') ?? {}
    await context.store.commit({put: {'storage.cfg': `${data}\nlvm: thick\n\tvgname none\n\tcontent images\n`}})
    await expect(run('qmrestore', {...params, storage: 'thick'}, context)).rejects.toThrow("the storage 'thick' has raw volumes only")
    expect([await storedConfig(100, context), await storedConfig(101, context), await images(place)]).toEqual([undefined, 'memory: 16\n', []])
  }, 60_000)

  /** As a process of its own, which is killed with its worker's memory, and so with the server of the disks. */
  async function started(place: Installation, env: Readonly<Record<string, string>> = {}): Promise<{readonly child: ChildProcess; readonly ended: Promise<unknown>}> {
    const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
    const child = spawn(process.execPath, [program, 'qmrestore', JSON.stringify(params)], {env: {PATH: process.env['PATH'], CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', ...env}, stdio: 'ignore'})
    return {child, ended: new Promise((resolve) => { child.once('close', resolve) })}
  }

  it('is undone by the next command when it is killed before the machine runs', async () => {
    // Behind the ninth step there is a QEMU, and from the tenth on it runs.
    for (let k = 1; k <= 9; k++) {
      const {place, context} = await room()
      await (await started(place, {CORRAL_TEST_STOP_AFTER_STEP: String(k)})).ended
      await qm('unlock', {vmid: 100}, context).catch(() => undefined)
      expect([await readJournals(context.store), await storedConfig(100, context), await images(place), hasServer(context), existsSync(guestPaths(context.places, 100).pid)], `step ${k}`).toEqual([[], undefined, [], false, false])
    }
  }, 300_000)

  it('goes on with the next command when it is killed while the disks are filled', async () => {
    const {place, context} = await room('\tbwlimit default=256\n')
    const {child, ended} = await started(place)
    await whileItFills(context)
    child.kill('SIGKILL')
    await ended
    expect(await monitor(context, 'query-status')).toMatchObject({running: true})
    await qm('unlock', {vmid: 100}, context).catch(() => undefined)
    expect([await readJournals(context.store), (await storedConfig(100, context))?.includes('lock:'), hasServer(context), await monitor(context, 'query-jobs')]).toEqual([[], false, false, []])
    await qm('stop', {vmid: 100}, context)
    await expectContent(place, context)
  }, 120_000)
})
