// Containers whose worker is killed after every journal record and every step: whoever comes next finds nothing orphaned, nothing half and nothing running
// that should not. They are privileged ones, which need no ranges of users, on the LXC of this machine.
import {existsSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {expect, it} from 'vitest'
import {containerGroups} from '../../../../../src/lib/guest/lxc/runtime/control-groups.ts'
import {containerPaths} from '../../../../../src/lib/guest/lxc/runtime/paths.ts'
import {findMonitors, monitorOf, textIfThere} from '../../../../../src/lib/guest/lxc/runtime/status.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {writeBackup, writeTemplate} from '../../../../support/container-template.ts'
import {ociImage} from '../../../../support/oci-image.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images} from '../../qemu/support/run-qm.ts'
import {killEverywhere, pct} from '../support/kill-everywhere.ts'
import type {Params} from '../support/kill-everywhere.ts'

const made: Params = {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', rootfs: 'local:0', mp0: 'local:0.02,mp=/srv', unprivileged: '0'}
const backup = 'local:backup/vzdump-lxc-100-2026_01_31-03_00_00.tar'
const archived = 'hostname: old\nmp0: local:100/vm-100-disk-1.raw,mp=/srv,size=16M\nrootfs: local:100/subvol-100-disk-0.subvol,size=0T\n'
const config = async (context: Context) => (await context.store.read('nodes/h1/lxc/200.conf'))?.data

/** With a template and a backup at hand, and commands that go before. */
function killed(what: 'RECORD' | 'STEP', command: string, params: Params, before: readonly (readonly [string, Params])[], afterwards: (place: Installation, context: Context) => Promise<void>, prepare: (place: Installation) => void = () => undefined): Promise<number> {
  return killEverywhere({
    what, command, params, vmids: [200], afterwards,
    before: async (place, context) => {
      writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'))
      prepare(place)
      writeBackup(join(place.root, `lib/vz/${backup.replace('local:backup', 'dump')}`), archived, {firewall: '[OPTIONS]\n'})
      for (const [name, words] of before) await pct(name, words, context)
    },
  })
}

const limitMs = 300_000

it.each(['RECORD', 'STEP'] as const)('create, after each %s: nothing of it is left', async (what) => {
  const kills = await killed(what, 'create', made, [], async (place, context) => {
    expect([await config(context), await images(place), await context.store.list('vmids')]).toEqual([undefined, [], []])
  })
  expect(kills).toBeGreaterThanOrEqual(4)
}, limitMs)

it('create from a compressed image, after each record: nothing of it is left, nor of the opened archive', async () => {
  const image = gzipSync(ociImage({layers: [[{name: 'x', data: 'x'}]]}))
  const half: boolean[] = []
  await killed('RECORD', 'create', {...made, ostemplate: 'local:vztmpl/image.tar.gz'}, [], async (place, context) => {
    expect([await config(context), await images(place)]).toEqual([undefined, []])
    half.push(existsSync(join(place.root, 'lib/opened/200.tar')))
  }, (place) => {
    writeFileSync(join(place.root, 'lib/vz/template/cache/image.tar.gz'), image)
    // As when it was killed amidst the opening, which is part of the last step.
    mkdirSync(join(place.root, 'lib/opened'))
    writeFileSync(join(place.root, 'lib/opened/200.tar'), 'half')
  })
  // Only its own record, after which nothing of it was done yet, says that it may be there.
  expect(half.at(-1)).toBe(false)
  expect(half.slice(0, -1)).not.toContain(false)
}, limitMs)

it('restore, after each record: nothing of it is left', async () => {
  const kills = await killed('RECORD', 'restore', {vmid: 200, ostemplate: backup, restore: true}, [], async (place, context) => {
    expect([await config(context), await images(place), await context.store.list('vmids'), await context.store.read('firewall/200.fw')]).toEqual([undefined, [], [], undefined])
  })
  expect(kills).toBeGreaterThanOrEqual(4)
}, limitMs)

it('restore in the place of a container, after each step: it is the old one whole, or the new one whole', async () => {
  const kills = await killed('STEP', 'restore', {vmid: 200, ostemplate: backup, restore: true, force: true}, [['create', made]], async (place, context) => {
    const text = await config(context) ?? ''
    const isNew = /^hostname: old$/m.test(text)
    expect(await images(place), text).toEqual(isNew ? ['200/subvol-200-disk-2.subvol', '200/vm-200-disk-3.raw'] : ['200/subvol-200-disk-0.subvol', '200/vm-200-disk-1.raw'])
    for (const image of await images(place)) expect(text).toContain(`local:${image},`)
    expect((await context.store.read('firewall/200.fw'))?.data).toBe(isNew ? '[OPTIONS]\n' : undefined)
  })
  expect(kills).toBeGreaterThanOrEqual(4)
}, limitMs)

it.each(['RECORD', 'STEP'] as const)('start, after each %s: it does not run, and is as it was', async (what) => {
  const kills = await killed(what, 'start', {vmid: 200}, [['create', made]], async (_place, context) => {
    expect(await findMonitors(200, context)).toEqual([])
    expect(await context.host.files.list(`${context.places.runDir}/lxc`)).not.toContain('200.pid')
    expect(await config(context)).toMatch(/^mp0: local:200\/vm-200-disk-1\.raw,/m)
  })
  expect(kills).toBeGreaterThanOrEqual(1)
}, limitMs)

it('destroy, after each step: it is finished', async () => {
  const kills = await killed('STEP', 'destroy', {vmid: 200}, [['create', made]], async (place, context) => {
    expect([await config(context), await images(place), await context.store.list('vmids')]).toEqual([undefined, [], []])
  })
  expect(kills).toBeGreaterThanOrEqual(2)
}, limitMs)

it.each(['RECORD', 'STEP'] as const)('changes of a running container, after each %s: limits, interfaces and configuration are as before, or all of them as after', async (what) => {
  const change = {vmid: 200, memory: 256, cpulimit: 1, net7: 'name=eth7,ip=192.0.2.5/24'}
  const kills = await killed(what, 'set', change, [['create', made], ['start', {vmid: 200}]], async (_place, context) => {
    const isDone = (await config(context))?.includes('memory: 256') === true
    expect([
      await groupValue(context, 'memory', ['memory.limit_in_bytes', 'memory.max']), (await context.host.files.readText('/proc/net/dev')).includes('veth200i7'), (await config(context))?.includes('net7'),
    ]).toEqual([String((isDone ? 256 : 512) * 1024 ** 2), isDone, isDone])
  })
  expect(kills).toBeGreaterThanOrEqual(2)
}, limitMs)

it('reboot, after each record: it runs, and nobody is to start it again', async () => {
  const kills = await killed('RECORD', 'reboot', {vmid: 200}, [['create', made], ['start', {vmid: 200}]], async (_place, context) => {
    expect(await findMonitors(200, context)).toHaveLength(1)
    expect(await context.host.files.list(`${context.places.runDir}/lxc`)).not.toContain('200.reboot')
  })
  expect(kills).toBeGreaterThanOrEqual(1)
}, limitMs)

async function groupValue(context: Context, controller: string, names: readonly string[]): Promise<string | undefined> {
  const monitor = await monitorOf(200, context)
  const folder = monitor === undefined ? undefined : (await containerGroups(200, monitor, context.host))?.(controller)
  for (const name of names) {
    const text = await textIfThere(context.host, `${folder?.path ?? ''}/${name}`)
    if (text !== undefined) return text.trim()
  }
  return undefined
}

it('mount, after each record: nothing is mounted', async () => {
  const kills = await killed('RECORD', 'mount', {vmid: 200}, [['create', made]], async (_place, context) => {
    const {rootfs, lxcPath} = containerPaths(context.places, 200)
    expect(await context.host.files.readText('/proc/self/mountinfo', 16 * 1024 * 1024)).not.toContain(lxcPath)
    expect([await context.host.files.stat(rootfs), await config(context)]).toEqual([undefined, expect.not.stringContaining('lock:')])
  })
  expect(kills).toBeGreaterThanOrEqual(2)
}, limitMs)

it('push, after its record: the container has no half file', async () => {
  const kills = await killed('RECORD', 'push', {vmid: 200, file: '/etc/passwd', destination: '/etc/pushed'}, [['create', made]], async (place) => {
    const names = readdirSync(join(place.root, 'lib/vz/images/200/subvol-200-disk-0.subvol/etc'))
    expect(names.filter((name) => name.startsWith('.corral') || name === 'pushed')).toEqual([])
  })
  expect(kills).toBeGreaterThanOrEqual(1)
}, limitMs)
