// Entry 32: a disk that is full, broken or read-only at every write of a command: what was there stays, what was begun is taken back or
// can be repeated, and the error says why.
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {AppError, errorChain} from '../../src/lib/base/index.ts'
import type {Installation} from '../e2e/support/installation.ts'
import {randomSource, scaledCount} from '../support/rounds.ts'
import {machineRoom, storedConfig} from '../unit/guest/qemu/support/run-qm.ts'
import {expectConsistent} from './support/consistency.ts'
import {failingContext, type DiskFailure} from './support/failing-context.ts'
import {failureOf, perform} from './support/in-process.ts'
import {expectNoFault, installation} from './support/program.ts'

const kib = 1024
const small = ['--kvm', '0', '--memory', '32']

interface Scene {
  readonly before: readonly (readonly string[])[]
  readonly words: readonly string[]
  /** A command under the same locks that changes nothing itself: it finds what was left and clears it up. */
  readonly next: readonly string[]
  /** Volumes without a configuration, before or after. */
  readonly loose?: readonly string[]
}

const nothingThere = ['pvesm', 'free', 'local:100/vm-100-disk-99.raw']
const disk = 'local:100/vm-100-disk-0.raw'
const scenes: Readonly<Record<string, Scene>> = {
  'qm create': {before: [], words: ['qm', 'create', '100', ...small, '--scsi0', 'local:1', '--ide0', 'local:1,format=qcow2'], next: ['qm', 'unlock', '100']},
  'qm set': {before: [['qm', 'create', '100', ...small, '--scsi0', 'local:1']], words: ['qm', 'set', '100', '--scsi1', 'local:1', '--cores', '2'], next: ['qm', 'unlock', '100']},
  'qm set --delete --force': {before: [['qm', 'create', '100', ...small, '--scsi0', 'local:1']], words: ['qm', 'set', '100', '--delete', 'scsi0', '--force'], next: ['qm', 'unlock', '100']},
  'qm destroy': {before: [['qm', 'create', '100', ...small, '--scsi0', 'local:1', '--scsi1', 'local:1']], words: ['qm', 'destroy', '100'], next: ['qm', 'unlock', '100']},
  'pvesm alloc': {before: [], words: ['pvesm', 'alloc', 'local', '100', 'vm-100-disk-0.raw', '1M'], next: nothingThere, loose: [disk]},
  'pvesm free': {before: [['pvesm', 'alloc', 'local', '100', 'vm-100-disk-0.raw', '1M']], words: ['pvesm', 'free', disk], next: nothingThere, loose: [disk]},
  'pvesm add': {before: [], words: ['pvesm', 'add', 'dir', 'more', '--path', '$ROOT/more', '--content', 'iso'], next: ['pvesm', 'remove', 'none']},
  'pvesm set': {before: [['pvesm', 'add', 'dir', 'more', '--path', '$ROOT/more', '--content', 'iso']], words: ['pvesm', 'set', 'more', '--content', 'iso,backup'], next: ['pvesm', 'remove', 'none']},
}

/** Fails at the first write, then at the second, and so on, until the command succeeds; gives how many writes it has. */
async function failEverywhere(scene: Scene, failure: DiskFailure, lasts: boolean): Promise<number> {
  for (let failAt = 1; failAt < 60; failAt++) {
    const what = `${failure} at write ${failAt}`
    const place = await machineRoom()
    const context = await place.open()
    const filled = (words: readonly string[]) => words.map((word) => word.replace('$ROOT', place.root))
    for (const words of scene.before) await perform(filled(words), context)
    const before = [await storedConfig(100, context), (await context.store.read('storage.cfg'))?.data]
    const failing = failingContext(context, failure, failAt, lasts)
    const error = await failureOf(filled(scene.words), failing.context)
    if (failing.tried() < failAt) {
      expect(error, what).toBeUndefined()
      return failAt - 1
    }
    if (error !== undefined) {
      expect(error, `${what}: ${errorChain(error).join(': ')}`).toBeInstanceOf(AppError)
      expect(errorChain(error).join(': '), what).toMatch(/space|read-only|failed|EIO|ENOSPC|EROFS/)
    }
    // The disk is well again: whoever comes next clears up what the failure left.
    const next = await failureOf(filled(scene.next), context)
    if (next !== undefined) expect(next.kind, `${what}, next: ${next.message}`).toBe('not-found')
    if (error !== undefined && scene.words[1] !== 'destroy' && !scene.words.includes('--force') && scene.words[1] !== 'free') {
      expect([await storedConfig(100, context), (await context.store.read('storage.cfg'))?.data], what).toEqual(before)
      await expectConsistent(context, what, scene.before.some(([, command]) => command === 'alloc') ? scene.loose : [])
    }
    // And the command can be given again.
    if (error !== undefined) {
      const again = await failureOf(filled(scene.words), context)
      if (again !== undefined) expect(['not-found', 'conflict'], `${what}, again: ${again.message}`).toContain(again.kind)
    }
    await expectConsistent(context, `${what} and once more`, scene.loose)
  }
  throw new Error('it does not come to its end')
}

describe('a write that fails', () => {
  it.each(Object.entries(scenes))('during %s leaves no half-done change', async (_, scene) => {
    // A disk that recovers at once, and one that stays broken; a soak run tries both.
    const ways = [() => failEverywhere(scene, 'ENOSPC', false), () => failEverywhere(scene, 'EIO', true)]
    const random = randomSource('ways to fail')
    const picked = scaledCount(1) > 1 ? ways : [ways[random.between(0, 1)] ?? ways[0]]
    for (const way of picked) expect(await way?.()).toBeGreaterThan(0)
  }, 120_000)
})

/** A file system of its own, to be removed after the test; undefined, with the reason told, where none can be mounted. */
function mounted(folder: string, options: string): string | undefined {
  const {status, stderr} = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'corral-test', folder], {encoding: 'utf8'})
  if (status === 0) {
    onTestFinished(() => { spawnSync('umount', ['-l', folder]) })
    return folder
  }
  console.log(`skipped: a file system cannot be mounted here: ${stderr.trim()}`)
  return undefined
}

/** An installation on a file system of its own. */
function mountedInstallation(sizeKib: number): {place: Installation; mountPoint: string} | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'cm-'))
  onTestFinished(() => { rmSync(folder, {recursive: true, force: true}) })
  const mountPoint = mounted(folder, `size=${sizeKib}k,mode=755`)
  return mountPoint === undefined ? undefined : {place: installation(`${mountPoint}/r`), mountPoint}
}

/** Leaves this much free. */
function fill(folder: string, leaveBytes: number): string {
  const path = join(folder, 'filler')
  const {bavail, bsize} = statfsSync(folder)
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes), 1))
  return path
}

describe('a real file system', () => {
  it.skipIf(process.getuid?.() !== 0)('that is full: commands fail with words and lose nothing', async () => {
    const made = mountedInstallation(8 * 1024)
    if (made === undefined) return
    const {place} = made
    await place.create(100, {options: ['--scsi0', 'local:1']})
    const before = await place.mustQm('config', '100')
    for (const leave of [0, 24 * kib]) {
      const filler = fill(place.root, leave)
      const calls: readonly (readonly [string, readonly string[]])[] = [
        ['qm', ['set', '100', '--description', 'x'.repeat(8000)]], ['qm', ['create', '101', ...small, '--scsi0', 'local:1,format=qcow2']], ['qm', ['start', '100']],
        ['pvesm', ['alloc', 'local', '100', '', '1M', '--format', 'qcow2']], ['qm', ['config', '100']], ['qm', ['list']], ['pvenode', ['task', 'list', '--source', 'all']],
      ]
      for (const [tool, words] of calls) {
        const answer = await place.call(tool, words)
        expectNoFault(answer, `${tool} ${words.slice(0, 2).join(' ')} with ${leave} bytes left`)
        expect(answer.tookMs).toBeLessThan(30_000)
        if (answer.code !== 0) expect(answer.stderr, words.join(' ').slice(0, 80)).toMatch(/Error: /)
      }
      rmSync(filler)
      await place.qm('stop', '100')
      await place.qm('destroy', '101')
      expect(await place.call('corral', ['doctor'])).toMatchObject({code: 0})
      expect((await place.mustQm('config', '100')).replace(/^description: .*\n/m, '')).toBe(before)
      await place.qm('set', '100', '--delete', 'description')
    }
    await place.mustQm('start', '100')
    await place.mustQm('stop', '100')
  }, 120_000)

  it.skipIf(process.getuid?.() !== 0)('that is read-only: looking works or says why, changing says why', async () => {
    const made = mountedInstallation(8 * 1024)
    if (made === undefined) return
    const {place, mountPoint} = made
    await place.create(100, {options: ['--scsi0', 'local:1']})
    const before = await place.mustQm('config', '100')
    onTestFinished(() => { spawnSync('mount', ['-o', 'remount,rw', mountPoint]) })
    expect(spawnSync('mount', ['-o', 'remount,ro', mountPoint]).status).toBe(0)
    for (const [tool, words] of [['qm', ['set', '100', '--cores', '2']], ['qm', ['start', '100']], ['qm', ['destroy', '100']], ['pvesm', ['alloc', 'local', '100', '', '1M']], ['qm', ['config', '100']], ['pvesm', ['status']]] as const) {
      const answer = await place.call(tool, words)
      expectNoFault(answer, words.join(' '))
      if (words[0] !== 'config' && words[0] !== 'status') expect(answer.code, words.join(' ')).not.toBe(0)
      if (answer.code !== 0) expect(answer.stderr, words.join(' ')).toMatch(/read-only|EROFS|cannot be (?:opened|written)/)
    }
    spawnSync('mount', ['-o', 'remount,rw', mountPoint])
    expect(await place.mustQm('config', '100')).toBe(before)
    await place.mustQm('destroy', '100')
  }, 60_000)

  it.skipIf(process.getuid?.() !== 0)('of run files that is full: a start fails and leaves nothing running', async () => {
    const place = installation()
    await place.create(100)
    const run = join(place.root, 'run')
    mkdirSync(run, {recursive: true, mode: 0o700})
    if (mounted(run, 'size=64k,mode=700') === undefined) return
    fill(run, 0)
    const answer = await place.qm('start', '100')
    expectNoFault(answer, 'start')
    expect(answer.code).not.toBe(0)
    rmSync(join(run, 'filler'))
    expect(await place.status(100)).toBe('status: stopped')
    expect(place.leftovers().filter((name) => name.startsWith('100'))).toEqual([])
    await place.mustQm('start', '100')
    await place.mustQm('stop', '100')
  }, 60_000)
})
