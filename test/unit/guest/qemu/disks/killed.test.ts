// Commands on disks whose process is killed after every journal record and every step: whoever comes next finds the disk where the
// configuration says, nothing orphaned and nothing lost. Guests that run do so in a real QEMU, with nothing to boot.
import {spawn} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {createServer} from 'node:net'
import {describe, expect, it, onTestFinished} from 'vitest'
import {parseQemuConfig} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {referencedVolumes} from '../../../../../src/lib/guest/qemu/pending.ts'
import {withQmp} from '../../../../../src/lib/guest/qemu/qmp/index.ts'
import {eventSocketPath, guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images, machineRoom, qm, storedConfig, storedKey} from '../support/run-qm.ts'

async function inProcess(command: string, params: Readonly<Record<string, unknown>>, root: string, env: Readonly<Record<string, string>>): Promise<{code: number | null; signal: string | null; stderr: string}> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, `qm ${command}`, JSON.stringify(params)], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', ...env}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal, stderr}) }) })
}

const folder = (place: Installation) => `${place.root}/lib/vz/images`
const qemuIo = async (context: Context, path: string, format: string, ...commands: readonly string[]) =>
  (await context.host.run(['qemu-io', '-f', format, ...commands.flatMap((command) => ['-c', command]), path], {okExitCodes: [0, 1]})).stdout

/** The disk of the machine as its configuration names it still has what was written to it. */
async function holdsItsData(vmid: number, key: string, place: Installation, context: Context): Promise<boolean> {
  const volume = /^local:([^,]+)/.exec(await storedKey(vmid, key, context) ?? '')?.[1] ?? ''
  return (await qemuIo(context, `${folder(place)}/${volume}`, volume.endsWith('qcow2') ? 'qcow2' : 'raw', 'read -P 7 1M 2M')).includes('read 2097152/')
    && !(await qemuIo(context, `${folder(place)}/${volume}`, volume.endsWith('qcow2') ? 'qcow2' : 'raw', 'read -P 7 1M 2M')).includes('verification failed')
}

/** Every image is named by a configuration, and every volume that is named exists. */
async function nothingLoose(place: Installation, context: Context): Promise<void> {
  const files = await context.store.list('nodes/h1/qemu-server')
  const named = files.flatMap(({data}) => referencedVolumes(parseQemuConfig(data))).map((volume) => volume.replace('local:', ''))
  expect(await images(place)).toEqual([...new Set(named)].sort())
}

/** Somebody listens where qmeventd would, so none is started. */
async function listenInstead({places}: Context): Promise<void> {
  mkdirSync(places.runDir, {recursive: true, mode: 0o700})
  const server = createServer((socket) => { socket.on('error', () => undefined) })
  await new Promise<void>((resolve) => { server.listen(eventSocketPath(places), resolve) })
  onTestFinished(() => { server.close() })
}

interface Scene {
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
  readonly before: (context: Context, place: Installation) => Promise<void>
  readonly check: (place: Installation, context: Context) => Promise<void>
}

async function killEverywhere(what: 'RECORD' | 'STEP', {command, params, before, check}: Scene): Promise<number> {
  for (let k = 1; k < 30; k++) {
    const place = await machineRoom()
    const context = await place.open()
    await before(context, place)
    const end = await inProcess(command, params, place.root, {[`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)})
    if (end.signal === null) expect(end).toMatchObject({code: 0, stderr: ''})
    else {
      // Any next command of this guest clears up first.
      await qm('unlock', {vmid: 100}, context)
      expect(await readJournals(context.store), `${what} ${k}`).toEqual([])
    }
    await check(place, context)
    await nothingLoose(place, context)
    if (end.signal === null) return k - 1
  }
  throw new Error('it does not come to its end')
}

const withData = async (context: Context, place: Installation) => {
  await qm('create', {vmid: 100, scsi0: 'local:0.01', memory: '32', kvm: false, vga: 'none', vmgenid: '0'}, context)
  await qemuIo(context, `${folder(place)}/100/vm-100-disk-0.raw`, 'raw', 'write -P 7 1M 2M')
}
const dataIsThere = async (place: Installation, context: Context) => { expect(await holdsItsData(100, 'scsi0', place, context)).toBe(true) }

describe.each(['RECORD', 'STEP'] as const)('killed after any %s', (what) => {
  it.each([true, false])('a move of a disk keeps its data (old volume removed: %s)', async (removes) => {
    const kills = await killEverywhere(what, {
      command: 'disk move', params: {vmid: 100, disk: 'scsi0', storage: 'local', format: 'qcow2', delete: removes}, before: withData, check: dataIsThere,
    })
    expect(kills).toBeGreaterThanOrEqual(2)
  }, 120_000)

  it('a disk belongs to one machine or the other', async () => {
    await killEverywhere(what, {
      command: 'disk move', params: {vmid: 100, disk: 'scsi0', 'target-vmid': 101, 'target-disk': 'scsi5'},
      before: async (context, place) => { await withData(context, place); await qm('create', {vmid: 101}, context) },
      check: async (place, context) => {
        const owner = await storedKey(100, 'scsi0', context) === undefined ? 101 : 100
        expect(await storedKey(201 - owner, owner === 101 ? 'scsi0' : 'scsi5', context)).toBeUndefined()
        expect(await holdsItsData(owner, owner === 101 ? 'scsi5' : 'scsi0', place, context)).toBe(true)
      },
    })
  }, 120_000)

  it('an import leaves a disk or nothing', async () => {
    const kills = await killEverywhere(what, {
      command: 'disk import', params: {vmid: 100, source: 'local:100/vm-100-disk-0.raw', storage: 'local', format: 'qcow2'}, before: withData, check: dataIsThere,
    })
    expect(kills).toBeGreaterThanOrEqual(2)
  }, 120_000)

  it('a resize is done or has not begun', async () => {
    await killEverywhere(what, {
      command: 'disk resize', params: {vmid: 100, disk: 'scsi0', size: '32M'}, before: withData,
      check: async (place, context) => {
        await dataIsThere(place, context)
        const bytes = (await context.host.files.stat(`${folder(place)}/100/vm-100-disk-0.raw`))?.sizeBytes
        expect([await storedKey(100, 'scsi0', context), bytes]).toEqual(['local:100/vm-100-disk-0.raw,size=32M', 32 * 1024 ** 2])
      },
    })
  }, 120_000)

  it.each([true, false])('a move of the disk of a guest that runs leaves it on the volume that is named (old volume removed: %s)', async (removes) => {
    const kills = await killEverywhere(what, {
      command: 'disk move', params: {vmid: 100, disk: 'scsi0', storage: 'local', format: 'qcow2', delete: removes},
      before: async (context, place) => {
        onTestFinished(async () => { await qm('stop', {vmid: 100}, await place.open()).catch(() => undefined) })
        await withData(context, place)
        await listenInstead(context)
        await qm('start', {vmid: 100}, context)
      },
      check: async (place, context) => {
        const named = /^local:([^,]+)/.exec(await storedKey(100, 'scsi0', context) ?? '')?.[1] ?? ''
        const {blocks, jobs, nodes} = await withQmp(context.host, guestPaths(context.places, 100).qmp, {}, async (client) => ({
          blocks: JSON.stringify(await client.execute('query-block')), jobs: await client.execute('query-jobs'),
          nodes: (await client.execute('query-named-block-nodes', {flat: true}) as readonly unknown[]).length,
        }))
        expect(blocks).toContain(`${folder(place)}/${named}`)
        // The image and its file: nothing else is open.
        expect([jobs, nodes]).toEqual([[], 2])
        await qm('stop', {vmid: 100}, context)
        await dataIsThere(place, context)
        expect(await storedConfig(100, context)).not.toContain('lock:')
      },
    })
    expect(kills).toBeGreaterThanOrEqual(3)
  }, 240_000)
})
