// A backup of a running container whose worker is killed after every journal record: whoever comes next finds it running and awake, with nothing of the backup left.
import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync, readdirSync, rmSync} from 'node:fs'
import {basename, join} from 'node:path'
import {expect, it} from 'vitest'
import {isFrozen} from '../../../../../src/lib/guest/lxc/runtime/freezing.ts'
import {monitorOf} from '../../../../../src/lib/guest/lxc/runtime/status.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {writeTemplate} from '../../../../support/container-template.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'
import {pct} from '../support/kill-everywhere.ts'

const limitMs = 300_000

it.each([['suspend', 6], ['stop', 3]] as const)('mode %s', async (mode, least) => {
  const place = await machineRoom()
  const context = await place.open()
  const program = await builtProgram('test/unit/guest/lxc/support/run-back-up.ts')
  const folder = join(place.root, 'lib/vz/dump')
  const path = join(folder, 'vzdump-lxc-200-2026_01_31-03_00_00.tar')
  mkdirSync(folder, {recursive: true})
  writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'))
  await pct('create', {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', rootfs: 'local:0', unprivileged: '0'}, context)
  await pct('start', {vmid: 200}, context)
  const before = (await context.store.read('nodes/h1/lxc/200.conf'))?.data
  let kills = 0
  try {
    for (let k = 1; k < 20; k++) {
      const child = spawn(process.execPath, [program, JSON.stringify({path, mode})], {
        env: {PATH: process.env['PATH'], CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', CORRAL_TEST_STOP_AFTER_RECORD: String(k)}, stdio: ['ignore', 'ignore', 'inherit'],
      })
      const signal = await new Promise((resolve) => { child.once('close', (_code, by) => { resolve(by) }) })
      if (signal !== null) {
        kills = k
        // Any next command of this container clears up first.
        await pct('unlock', {vmid: 200}, context)
        expect(await readJournals(context.store), `record ${k}`).toEqual([])
        // Once the archive is whole, what remains is finished.
        const left = readdirSync(folder)
        expect(left.length === 0 || left.join() === basename(path) && isWhole(path), `record ${k}: ${left.join(', ')}`).toBe(true)
        rmSync(path, {force: true})
      }
      const monitor = await monitorOf(200, context)
      expect([monitor !== undefined && !await isFrozen(200, monitor, context), (await context.store.read('nodes/h1/lxc/200.conf'))?.data], `record ${k}`).toEqual([true, before])
      if (signal === null) break
    }
    expect(kills).toBeGreaterThanOrEqual(least)
    expect(isWhole(path)).toBe(true)
  } finally {
    await pct('stop', {vmid: 200}, context)
    rmSync(folder, {recursive: true, force: true})
  }
}, limitMs)

function isWhole(path: string): boolean {
  return ['./etc/vzdump/pct.conf', './sbin/init', './bin/busybox'].every((name) => execFileSync('tar', ['-tf', path], {encoding: 'utf8'}).includes(`${name}\n`))
}
