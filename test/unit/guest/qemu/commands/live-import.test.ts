// `qm import --live-import`: a machine that runs in a real QEMU, with nothing to boot, while its disk is filled. Whatever ends on the way, the disk
// has in the end what was in the image and what the machine has written, or there is no machine.
import {mkdirSync, mkdtempSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync} from 'node:fs'
import {spawn} from 'node:child_process'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest'
import {withQmp} from '../../../../../src/lib/guest/qemu/qmp/index.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {makeAppliance} from '../../../../support/appliance.ts'
import type {Appliance} from '../../../../support/appliance.ts'
import {builtProgram} from '../../../../support/built.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {listenForEvents} from '../support/event-listener.ts'
import {images, machineRoom, outcomeOf, qm, storedConfig, storedKey} from '../support/run-qm.ts'

let folder: string
let appliance: Appliance
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corral-live-'))
  appliance = await makeAppliance(join(folder, 'web'))
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const params = {vmid: 100, source: 'local:import/web.ova', storage: 'local', 'live-import': true, memory: '32', kvm: false, vga: 'none', vmgenid: '0'}

async function room(limit = ''): Promise<{place: Installation; context: Context}> {
  const place = await machineRoom()
  const context = await place.open()
  const imports = join(place.root, 'lib/vz/import')
  mkdirSync(imports, {recursive: true})
  copyFileSync(appliance.archive, join(imports, 'web.ova'))
  await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images,import\n${limit}`}})
  await listenForEvents(place, context)
  return {place, context}
}

const disk = (place: Installation) => join(place.root, 'lib/vz/images/100/vm-100-disk-0.qcow2')
const monitor = (context: Context, command: string, args: Record<string, unknown> = {}) =>
  withQmp(context.host, guestPaths(context.places, 100).qmp, {}, (client) => client.execute(command, args))

/** The image as it was imported, with what was written over it. */
async function expectContent(place: Installation, context: Context, written?: {readonly at: number; readonly bytes: Buffer}): Promise<void> {
  const want = readFileSync(appliance.raw)
  written?.bytes.copy(want, written.at)
  const raw = join(place.root, 'out.raw')
  await context.host.run(['qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', '--', disk(place), raw])
  expect(readFileSync(raw).equals(want)).toBe(true)
  expect((await context.host.run(['qemu-img', 'info', '--output=json', '-f', 'qcow2', '--', disk(place)])).stdout).not.toContain('backing')
}

describe('a live import', () => {
  it('runs the machine, fills its disk and lets go of the archive', async () => {
    const {place, context} = await room()
    await qm('import', params, context)
    expect(await storedConfig(100, context)).not.toContain('lock:')
    expect(await storedKey(100, 'scsi0', context)).toBe('local:100/vm-100-disk-0.qcow2,size=1M')
    expect([await monitor(context, 'query-jobs'), JSON.stringify(await monitor(context, 'query-named-block-nodes', {flat: true})).includes('web.ova')]).toEqual([[], false])
    await qm('stop', {vmid: 100}, context)
    await expectContent(place, context)
  })

  it('shows all of it with --dry-run, and makes nothing', async () => {
    const {place, context} = await room()
    const planned = await outcomeOf('import', params, context, {dryRun: true})
    const lines = planned.outcome === 'planned' ? planned.lines : []
    expect(lines).toEqual(expect.arrayContaining([expect.stringContaining('qemu-img create -q -f qcow2 -o \'preallocation=off\''), '# QMP: block-stream job-id=import-scsi0 device=drive-scsi0 auto-dismiss=false', '-lock: create']))
    expect([await storedConfig(100, context), existsSync(disk(place))]).toEqual([undefined, false])
  })

  it('copies the rest without the machine when its QEMU dies, with what it has written', async () => {
    const {place, context} = await room('\tbwlimit default=64\n')
    const imported = qm('import', params, context)
    imported.catch(() => undefined)
    const bytes = Buffer.alloc(64 * 1024, 7)
    await vi.waitFor(async () => {
      expect(JSON.stringify(await monitor(context, 'query-jobs'))).toContain('import-scsi0')
    }, {timeout: 60_000, interval: 100})
    expect(await storedKey(100, 'lock', context)).toBe('create')
    for (const command of ['write -P 7 960k 64k', 'flush']) await monitor(context, 'human-monitor-command', {'command-line': `qemu-io drive-scsi0 "${command}"`})
    process.kill(Number(readFileSync(guestPaths(context.places, 100).pid, 'utf8')), 'SIGKILL')
    await imported
    expect(await storedConfig(100, context)).not.toContain('lock:')
    await expectContent(place, context, {at: 960 * 1024, bytes})
  }, 120_000)

  it('that cannot go on is left as it is, and goes on once it can; who unlocks the machine has given it up', async () => {
    for (const isGivenUp of [false, true]) {
      const {place, context} = await room('\tbwlimit default=64\n')
      const archive = join(place.root, 'lib/vz/import/web.ova')
      const imported = qm('import', params, context)
      imported.catch(() => undefined)
      await vi.waitFor(async () => { expect(JSON.stringify(await monitor(context, 'query-jobs'))).toContain('import-scsi0') }, {timeout: 60_000, interval: 100})
      renameSync(archive, `${archive}.away`)
      process.kill(Number(readFileSync(guestPaths(context.places, 100).pid, 'utf8')), 'SIGKILL')
      await expect(imported).rejects.toMatchObject({
        kind: 'unavailable', message: 'the disks of virtual machine 100 are not filled to their end; it does not run, and stays locked',
        nextSteps: [expect.stringContaining('corral doctor'), 'Or give the machine up: qm unlock 100 && qm destroy 100'],
      })
      expect([await storedKey(100, 'lock', context), (await readJournals(context.store)).length]).toEqual(['create', 1])
      if (!isGivenUp) renameSync(`${archive}.away`, archive)
      await qm('unlock', {vmid: 100}, context)
      expect(await storedConfig(100, context)).not.toContain('lock:')
      if (isGivenUp) {
        expect(place.lines).toContainEqual(expect.stringMatching(/^WARN: the rest of "qm import.*" could not be done: .*; the next command for the same object tries again$/))
        await qm('destroy', {vmid: 100}, context)
        expect(await images(place)).toEqual([])
      } else await expectContent(place, context)
      expect(await readJournals(context.store)).toEqual([])
    }
  }, 240_000)

  it.each([
    ['a storage that has raw volumes only', {storage: 'thin'}, "the storage 'thin' has raw volumes only, which cannot tell what of an image is in them yet"],
    ['another format', {format: 'raw'}, 'a disk of format raw cannot tell what of an image is in it yet'],
    ['huge pages', {hugepages: '2'}, "'live-import' of a machine with 'hugepages' is not available"],
  ])('is refused for %s, and leaves nothing', async (_, more, message) => {
    const {place, context} = await room()
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images,import\n\nlvm: thin\n\tvgname none\n\tcontent images\n`}})
    await expect(qm('import', {...params, ...more}, context)).rejects.toThrow(message)
    expect([await storedConfig(100, context), existsSync(disk(place))]).toEqual([undefined, false])
  })

  it('leaves nothing when the machine does not start', async () => {
    const {place, context} = await room()
    await expect(qm('import', {...params, args: '-no-such-option'}, context)).rejects.toThrow(/no-such-option/)
    expect([await storedConfig(100, context), await images(place), await readJournals(context.store)]).toEqual([undefined, [], []])
  })

  it.each(['RECORD', 'STEP'] as const)('is undone or finished by the next command when it is killed after any %s', async (what) => {
    const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
    const ends = new Set<string>()
    for (let k = 1; k < 30; k++) {
      const {place, context} = await room()
      const child = spawn(process.execPath, [program, 'qm import', JSON.stringify(params)], {
        env: {PATH: process.env['PATH'], CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', [`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)}, stdio: 'ignore',
      })
      const signal = await new Promise<string | null>((resolve) => { child.once('close', (_, end) => { resolve(end) }) })
      await qm('unlock', {vmid: 100}, context).catch(() => undefined)
      expect(await readJournals(context.store), `${what} ${k}`).toEqual([])
      if (await storedConfig(100, context) === undefined) {
        ends.add('undone')
        expect([await images(place), existsSync(guestPaths(context.places, 100).pid)]).toEqual([[], false])
      } else {
        ends.add('finished')
        expect(await storedConfig(100, context)).not.toContain('lock:')
        expect(await monitor(context, 'query-jobs')).toEqual([])
        await qm('stop', {vmid: 100}, context)
        await expectContent(place, context)
      }
      if (signal === null) break
    }
    expect([...ends].sort()).toEqual(['finished', 'undone'])
  }, 240_000)
})
