// Commands that are killed at every point where they write down what they do: whoever comes next finds the storage as if the command had
// either been done or never begun.
import {spawn} from 'node:child_process'
import {chmod, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../support/built.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'
import {pvesm, storageCatalog} from '../../unit/storage/commands/catalog.ts'
import type {Installation} from '../../unit/tasks/demo/installation.ts'
import {installation} from '../../unit/tasks/demo/installation.ts'

interface Ended { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }

/** Runs the command in a process of its own; `killAfterMs` ends it from outside. */
async function inProcess(place: Installation, command: string, params: object, env: Readonly<Record<string, string>> = {}, killAfterMs?: number): Promise<Ended> {
  const program = await builtProgram('test/contract/storage/pvesm-program.ts')
  const child = spawn(process.execPath, [program, command, JSON.stringify(params)], {
    env: {...process.env, CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', ...env}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  return new Promise((resolve) => child.once('close', (code, signal) => { clearTimeout(timer); resolve({code, signal, stderr}) }))
}

const disks = async (place: Installation): Promise<string[]> => (await readdir(join(place.root, 'lib/vz/images'), {recursive: true}).catch(() => [])).filter((name) => name.includes('.')).sort()

const alloc = {storage: 'local', vmid: 100, filename: '', size: '1M', format: 'qcow2'}
const free = {volume: 'local:100/vm-100-disk-0.qcow2'}

/** Takes the lock that the dead one held, as any next command does. */
async function nextComer(place: Installation): Promise<void> {
  const context = await place.open()
  await pvesm('set', {storage: 'local', nodes: 'h1'}, context)
  expect(await readJournals(context.store)).toEqual([])
}

/** Every k until the command is done before it can be killed. */
async function killAtEvery(variable: string, command: string, params: object, prepare: (place: Installation) => Promise<void>, check: (place: Installation, when: number) => Promise<void>): Promise<number> {
  for (let when = 1; when < 20; when++) {
    const place = await installation({catalog: storageCatalog})
    await prepare(place)
    const ended = await inProcess(place, command, params, {[variable]: String(when)})
    if (ended.signal === null) {
      expect(ended).toMatchObject({code: 0})
      return when - 1
    }
    expect(ended.signal).toBe('SIGKILL')
    await nextComer(place)
    await check(place, when)
  }
  throw new Error('the command never came to its end')
}

describe('pvesm alloc, killed', () => {
  it.each(['RECORD', 'STEP'])('after every %s of its journal, leaves nothing', async (point) => {
    const kills = await killAtEvery(`CORRAL_TEST_STOP_AFTER_${point}`, 'alloc', alloc, async () => undefined, async (place) => {
      expect(await disks(place)).toEqual([])
    })
    expect(kills).toBeGreaterThan(0)
  }, 60_000)

  it('while qemu-img writes, leaves nothing', async () => {
    const place = await installation({catalog: storageCatalog})
    // Stands in for qemu-img: makes the image, then kills whoever called it.
    const wrapper = join(place.folder, 'qemu-img')
    await writeFile(wrapper, '#!/bin/sh\n/usr/bin/qemu-img "$@"\nkill -9 "$PPID"\n')
    await chmod(wrapper, 0o755)
    const ended = await inProcess(place, 'alloc', alloc, {PATH: `${place.folder}:${process.env['PATH'] ?? ''}`})
    expect(ended.signal).toBe('SIGKILL')
    expect(await disks(place)).toEqual(['100/vm-100-disk-0.qcow2'])
    await nextComer(place)
    expect(await disks(place)).toEqual([])
  }, 30_000)

  it('does not take away what was in its way', async () => {
    const place = await installation({catalog: storageCatalog})
    const context = await place.open()
    await pvesm('alloc', {...alloc, filename: 'vm-100-data.qcow2'}, context)
    const ended = await inProcess(place, 'alloc', {...alloc, filename: 'vm-100-data.qcow2'}, {CORRAL_TEST_STOP_AFTER_RECORD: '1'})
    expect(ended).toMatchObject({code: 1, signal: null})
    expect(await disks(place)).toEqual(['100/vm-100-data.qcow2'])
  }, 30_000)

  it('at any moment, leaves the disk whole or not at all', async () => {
    const random = randomSource('pvesm alloc killed')
    const place = await installation({catalog: storageCatalog})
    for (let round = 0; round < scaledCount(6); round++) {
      const ended = await inProcess(place, 'alloc', alloc, {}, random.between(150, 900))
      await nextComer(place)
      const context = await place.open()
      const made = await disks(place)
      expect(made.length).toBeLessThanOrEqual(1)
      if (ended.code === 0) expect(made).toHaveLength(1)
      for (const name of made) {
        await context.host.run(['qemu-img', 'check', '-q', '-f', 'qcow2', '--', join(place.root, 'lib/vz/images', name)])
        await pvesm('free', {volume: `local:${name}`}, context)
      }
    }
  }, 120_000)
})

describe('pvesm free, killed', () => {
  it.each(['RECORD', 'STEP'])('after every %s of its journal, is finished by the next one', async (point) => {
    const prepare = async (place: Installation) => { await pvesm('alloc', alloc, await place.open()) }
    const kills = await killAtEvery(`CORRAL_TEST_STOP_AFTER_${point}`, 'free', free, prepare, async (place) => {
      expect(await disks(place)).toEqual([])
    })
    expect(kills).toBeGreaterThan(0)
  }, 60_000)
})

describe('pvesm add, set and remove, killed', () => {
  it('after every step, leave storage.cfg as it was or as it should be', async () => {
    for (const [command, params] of [['add', {type: 'dir', storage: 'fast', path: '/tmp/corral-none', disable: true}], ['set', {storage: 'local', disable: true}]] as const) {
      await killAtEvery('CORRAL_TEST_STOP_AFTER_STEP', command, params, async () => undefined, async (place) => {
        const text = (await (await place.open()).store.read('storage.cfg'))?.data ?? ''
        expect(text.split('\n\n').every((section) => section === '' || /^dir: \S+\n(?:\tdisable\n)?\tpath \S+(?:\n\t\S+ \S+)*$/.test(section))).toBe(true)
      })
    }
  }, 60_000)

  it.each(['RECORD'])('after every %s of their journal, leave a secret just where there is its storage', async (point) => {
    const share = {type: 'cifs', storage: 'nas', server: 'nas', share: 'vm', username: 'bob', disable: true, password: 'geheim'}
    const check = async (place: Installation) => {
      const {store} = await place.open()
      const isThere = (await store.read('storage.cfg'))?.data.includes('cifs: nas') === true
      expect((await store.read('priv/storage/nas.pw')) !== undefined).toBe(isThere)
    }
    const prepare = async (place: Installation) => { await pvesm('add', share, await place.open()) }
    expect(await killAtEvery(`CORRAL_TEST_STOP_AFTER_${point}`, 'add', share, async () => undefined, check)).toBeGreaterThan(0)
    await killAtEvery(`CORRAL_TEST_STOP_AFTER_${point}`, 'remove', {storage: 'nas'}, prepare, check)
  }, 60_000)
})
