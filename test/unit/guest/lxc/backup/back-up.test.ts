// Backups of containers on the LXC of this machine: what is in the archive as tar of GNU sees it, what a restore makes of it, and how a container that runs is held
// meanwhile.
import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, describe, expect, it, onTestFinished} from 'vitest'
import {attachArgv} from '../../../../../src/lib/guest/lxc/runtime/attach.ts'
import {isFrozen} from '../../../../../src/lib/guest/lxc/runtime/freezing.ts'
import {initOf, monitorOf} from '../../../../../src/lib/guest/lxc/runtime/status.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {btrfsFileSystem, whyNoBtrfs} from '../../../../support/btrfs-file-system.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'
import {hardToKeep, isMapped, rootOf, treeText} from '../support/archived-container.ts'
import {backUp} from '../support/back-up.ts'
import {pct} from '../support/kill-everywhere.ts'

if (!isMapped) console.log('unprivileged containers are left out: root has no range 100000:65536 in /etc/subuid and /etc/subgid')

const limitMs = 300_000
let place: Installation
let context: Context
let path: string

beforeEach(async () => {
  place = await machineRoom()
  context = await place.open()
  mkdirSync(join(place.root, 'lib/vz/dump'), {recursive: true})
  path = join(place.root, 'lib/vz/dump/vzdump-lxc-200-2026_01_31-03_00_00.tar')
})

const restored = {vmid: 201, ostemplate: 'local:backup/vzdump-lxc-200-2026_01_31-03_00_00.tar', restore: true}
const members = () => execFileSync('tar', ['-tf', path, '--quoting-style=escape'], {encoding: 'utf8'}).trimEnd().split('\n')
const member = (name: string, from = path) => execFileSync('tar', ['-xOf', from, '--occurrence=1', name], {encoding: 'utf8'})
const config = async (vmid = 200) => (await context.store.read(`nodes/h1/lxc/${vmid}.conf`))?.data ?? ''

async function whileItRuns(use: () => Promise<void>): Promise<void> {
  await pct('start', {vmid: 200}, context)
  try {
    await use()
  } finally {
    await pct('stop', {vmid: 200}, context)
  }
}

async function isAwake(): Promise<boolean> {
  const monitor = await monitorOf(200, context)
  return monitor !== undefined && !await isFrozen(200, monitor, context)
}

/** As one of its own processes, which is frozen with it. */
const inside = async (script: string) => (await context.host.run(attachArgv(context.places, 200, false, ['sh', '-c', script]), {timeoutMs: limitMs})).stdout
async function initNumber(): Promise<number> {
  const monitor = await monitorOf(200, context)
  return monitor === undefined ? 0 : await initOf(monitor, context.host) ?? 0
}

describe('a container that does not run', () => {
  it.each([false, ...(isMapped ? [true] : [])])('is archived as it is and comes back the same (unprivileged: %s)', async (isUnprivileged) => {
    const root = await hardToKeep(place, context, {isUnprivileged})
    await pct('set', {vmid: 200, description: 'two\nlines'}, context)
    const firewall = '[OPTIONS]\n\nenable: 1\n'
    await context.store.commit({put: {'firewall/200.fw': firewall}})
    const before = treeText(root)
    const {parts} = await backUp(200, {path, mode: 'snapshot', excludePaths: ['*.log', 'etc/vzdump', 'pct.conf', '/nowhere/'], stdExcludes: true}, context)
    expect(parts).toMatchObject({mode: 'stop', modeReason: 'the container does not run', remarks: [
      'rootfs (/) is in the backup', 'mp0 (/srv/data) is in the backup', 'mp1 (/srv/data/inner) is not in the backup: it has no backup=1',
    ]})
    const names = members()
    expect(names.slice(0, 3)).toEqual(['./etc/vzdump/pct.conf', './etc/vzdump/pct.fw', './'])
    expect(names.filter((name) => /gone|left\.log|mine|hidden|nowhere/.test(name))).toEqual([])
    expect(names.filter((name) => /^\.\/(?:srv\/data\/|root\/[ot]|var\/tmp)/.test(name))).toEqual(['./root/one', './root/two', './var/tmp/', './srv/data/', './srv/data/', './srv/data/inner/'].sort((a, b) => names.indexOf(a) - names.indexOf(b)))
    expect([member('./etc/vzdump/pct.conf'), member('./etc/vzdump/pct.fw')]).toEqual([await config(), firewall])
    expect([statSync(path).size % 10240, statSync(path).mode & 0o777]).toEqual([0, 0o600])
    expect(statSync(path).size).toBeLessThan(4 * 1024 ** 2)

    execFileSync('sh', ['-c', 'rm -r tmp/gone var/tmp/gone dir/left.log etc/vzdump srv/data/hidden && touch -r . tmp var/tmp dir etc'], {cwd: root})
    await pct('restore', restored, context)
    const withoutTimes = (text: string) => text.replace(/^\.\/(?:tmp|var\/tmp|dir|etc) d .*$/gm, '')
    expect(withoutTimes(treeText(rootOf(place, 201)))).toBe(withoutTimes(treeText(root)))
    expect(before).toContain('user.note="kept"')
    expect(before).toContain('security.capability=')
    expect(statSync(join(rootOf(place, 201), 'root/sparse'))).toMatchObject({size: 8 * 1024 ** 2 + 3})
    expect(statSync(join(rootOf(place, 201), 'root/sparse')).blocks).toBeLessThan(100)
    expect((await context.store.read('firewall/201.fw'))?.data).toBe(firewall)
    expect(await config(201)).toBe((await config()).replaceAll('200', '201'))
  }, limitMs)
})

/** A program in the container that counts in two file systems, always first in the one and then in the other. */
const counting = 'i=0; while [ ! -e /run/enough ]; do i=$((i+1)); echo $i >/root/n; busybox mv /root/n /root/first; echo $i >/srv/data/n; busybox mv /srv/data/n /srv/data/second; done'

describe('a container that runs', () => {
  it('mode snapshot, where volumes have none: its files are copied, the last of them while it stands still, so that the archive is of one moment', async () => {
    await hardToKeep(place, context, {isUnprivileged: isMapped})
    await whileItRuns(async () => {
      await inside(`(${counting}) >/dev/null 2>&1 & sleep 0.5; mkdir -p /srv/data/sub; echo sub >/srv/data/sub/file`)
      const {parts} = await backUp(200, {path, mode: 'snapshot', excludePaths: ['*.log', '/etc/vzdump']}, context)
      expect([parts.mode, /^not every volume can have snapshots: rootfs: /.test(parts.modeReason ?? '')]).toEqual(['suspend', true])
      expect(await isAwake()).toBe(true)
      expect(readdirSync(join(place.root, 'lib/vz/dump'))).toEqual(['vzdump-lxc-200-2026_01_31-03_00_00.tar'])
      const [first, second] = [Number(member('./root/first')), Number(member('./srv/data/second'))]
      expect([first > 0, first - second === 0 || first - second === 1], `${first} ${second}`).toEqual([true, true])
      expect(Number(await inside('cat /root/first'))).toBeGreaterThan(first)
      expect(members().filter((name) => /gone|left\.log|mine|hidden/.test(name))).toEqual([])
      expect(member('./srv/data/sub/file')).toBe('sub\n')
      await inside('echo >/run/enough')
      await pct('restore', restored, context)
      expect(readFileSync(join(rootOf(place, 201), 'root/first'), 'utf8')).toBe(`${first}\n`)
      const tree = treeText(rootOf(place, 201))
      for (const kept of ['user.note="kept"', 'security.capability=', 'user:' + (isMapped ? 100012 : 12) + ':rwx', './root/two f 644', './bin/busybox f 4755', './dir d 2750']) expect(tree).toContain(kept)
      expect(statSync(join(rootOf(place, 201), 'root/sparse')).blocks).toBeLessThan(100)
    })
  }, limitMs)

  it('mode stop: it is off while it is archived, and started again with what the hook script is to be told in between', async () => {
    await hardToKeep(place, context, {isUnprivileged: false})
    await whileItRuns(async () => {
      const init = await initNumber()
      const told = join(place.root, 'told')
      const hook = (phase: string) => [{do: {kind: 'run', argv: ['sh', '-c', 'echo "$1" >>"$2"', 'sh', phase, told]}}]
      const {parts} = await backUp(200, {path, mode: 'stop', hook}, context)
      expect(parts).toMatchObject({mode: 'stop'})
      expect(readFileSync(told, 'utf8')).toBe('pre-stop\npre-restart\npost-restart\n')
      expect(await isAwake()).toBe(true)
      expect(await initNumber()).not.toBe(init)
      expect(members()).toContain('./srv/data/inner/')
    })
  }, limitMs)

  it.each(['stop', 'suspend'] as const)('mode %s: a backup that fails leaves the container running and nothing of itself', async (mode) => {
    await hardToKeep(place, context, {isUnprivileged: false})
    await whileItRuns(async () => {
      writeFileSync(path, 'of somebody else')
      const before = await config()
      await expect(backUp(200, {path, mode}, context)).rejects.toMatchObject({kind: 'conflict'})
      expect([await isAwake(), await config(), readFileSync(path, 'utf8'), readdirSync(join(place.root, 'lib/vz/dump')).length]).toEqual([true, before, 'of somebody else', 1])
    })
  }, limitMs)
})

const noButter = whyNoBtrfs()
if (noButter !== undefined) console.log(`snapshots are left out: ${noButter}`)

it.skipIf(noButter !== undefined)('mode snapshot on a storage that has them: of one moment, without a copy, and no snapshot stays', async () => {
  const butter = btrfsFileSystem(256)
  onTestFinished(() => { butter.close() })
  const folder = join(butter.mountPoint, 'storage')
  mkdirSync(folder)
  await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${join(place.root, 'lib/vz')}\n\tcontent vztmpl,rootdir,backup\n\nbtrfs: butter\n\tpath ${folder}\n\tcontent rootdir\n`}})
  await hardToKeep(place, context, {isUnprivileged: isMapped, folder, more: {rootfs: 'butter:0', mp0: 'butter:0,mp=/srv/data,backup=1'}})
  await whileItRuns(async () => {
    await inside(`(${counting}) >/dev/null 2>&1 & sleep 0.5`)
    const {parts} = await backUp(200, {path, mode: 'snapshot'}, context)
    expect(parts.mode).toBe('snapshot')
    const [first, second] = [Number(member('./root/first')), Number(member('./srv/data/second'))]
    expect([first > 0, first - second === 0 || first - second === 1], `${first} ${second}`).toEqual([true, true])
    expect(await isAwake()).toBe(true)
    expect(execFileSync('find', [folder, '-maxdepth', '3', '-name', '*vzdump*'], {encoding: 'utf8'})).toBe('')
  })
}, limitMs)
