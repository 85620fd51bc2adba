// `vzdump` of a running container whose worker is killed after every journal record, of the run and of the guest: whoever comes next finds it running and awake, with
// nothing of the backup left, and older backups removed only where the new one is whole.
import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {isFrozen} from '../../../../../src/lib/guest/lxc/runtime/freezing.ts'
import {monitorOf} from '../../../../../src/lib/guest/lxc/runtime/status.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {btrfsFileSystem, whyNoBtrfs} from '../../../../support/btrfs-file-system.ts'
import {builtProgram} from '../../../../support/built.ts'
import {writeTemplate} from '../../../../support/container-template.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'
import {pct} from '../support/kill-everywhere.ts'

const limitMs = 300_000
const older = ['01', '02'].map((day) => `vzdump-lxc-200-2025_01_${day}-12_00_00.tar`)

it.each([['suspend', 6], ['stop', 4]] as const)('mode %s', async (mode, least) => {
  const place = await machineRoom()
  await killEverywhere(mode, least, place, await place.open(), 'local:0')
}, limitMs)

const noButter = whyNoBtrfs()
if (noButter !== undefined) console.log(`backups in mode snapshot that are killed: skipped, because ${noButter}`)

it.skipIf(noButter !== undefined)('mode snapshot, of which no snapshot stays', async () => {
  const place = await machineRoom()
  const context = await place.open()
  const butter = btrfsFileSystem(256)
  onTestFinished(() => { butter.close() })
  const folder = join(butter.mountPoint, 'storage')
  mkdirSync(folder)
  await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${join(place.root, 'lib/vz')}\n\tcontent vztmpl,rootdir,backup\n\nbtrfs: butter\n\tpath ${folder}\n\tcontent rootdir\n`}})
  const snapshots = (): string => execFileSync('find', [folder, '-maxdepth', '3', '-name', '*vzdump*'], {encoding: 'utf8'})
  await killEverywhere('snapshot', 5, place, context, 'butter:0', (about) => { expect(snapshots(), about).toBe('') })
}, limitMs)

/** @param least how many kills there are at least @param expectMore of what is left behind the next command */
async function killEverywhere(mode: string, least: number, place: Installation, context: Context, rootfs: string, expectMore: (about: string) => void = () => undefined): Promise<void> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const folder = join(place.root, 'lib/vz/dump')
  writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'))
  await pct('create', {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', rootfs, unprivileged: '0'}, context)
  await pct('start', {vmid: 200}, context)
  const before = (await context.store.read('nodes/h1/lxc/200.conf'))?.data
  const params = JSON.stringify({vmid: '200', storage: 'local', mode, compress: '0', 'prune-backups': 'keep-last=2', stopwait: '1'})
  let kills = 0
  try {
    for (let k = 1; k < 40; k++) {
      rmSync(folder, {recursive: true, force: true})
      mkdirSync(folder, {recursive: true})
      for (const name of older) writeFileSync(join(folder, name), name)
      const child = spawn(process.execPath, [program, 'vzdump', params], {
        env: {PATH: process.env['PATH'], CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', CORRAL_TEST_STOP_AFTER_RECORD: String(k)}, stdio: ['ignore', 'ignore', 'inherit'],
      })
      const signal = await new Promise((resolve) => { child.once('close', (_code, by) => { resolve(by) }) })
      // Any next command of this container clears up first.
      if (signal !== null) {
        kills = k
        await pct('unlock', {vmid: 200}, context)
      }
      expect(await readJournals(context.store), `record ${k}`).toEqual([])
      const left = readdirSync(folder).filter((name) => !older.includes(name) && !name.endsWith('.log'))
      const [archive] = left
      expect(left.length === 0 || left.length === 1 && isWhole(join(folder, archive ?? '')), `record ${k}: ${left.join(', ')}`).toBe(true)
      expectMore(`record ${k}`)
      expect(readdirSync(folder).filter((name) => older.includes(name)), `record ${k}`).toEqual(archive === undefined ? older : older.slice(1))
      const monitor = await monitorOf(200, context)
      expect([monitor !== undefined && !await isFrozen(200, monitor, context), (await context.store.read('nodes/h1/lxc/200.conf'))?.data], `record ${k}`).toEqual([true, before])
      if (signal !== null) continue
      expect(archive).toMatch(/\.tar$/)
      expect(kills).toBeGreaterThanOrEqual(least)
      return
    }
    throw new Error('it does not come to its end')
  } finally {
    await pct('stop', {vmid: 200}, context)
    rmSync(folder, {recursive: true, force: true})
  }
}

function isWhole(path: string): boolean {
  return ['./etc/vzdump/pct.conf', './sbin/init', './bin/busybox'].every((name) => execFileSync('tar', ['-tf', path], {encoding: 'utf8'}).includes(`${name}\n`))
}
