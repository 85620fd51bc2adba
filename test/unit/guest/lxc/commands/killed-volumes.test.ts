// Work on containers' volumes whose worker is killed: it is done whole, or nothing of it is left. The containers do not run, and are made by hand, which is quick;
// what holds running ones meanwhile is tried in test/e2e/container-volumes.test.ts.
import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {btrfsFileSystem, whyNoBtrfs} from '../../../../support/btrfs-file-system.ts'
import type {BtrfsFileSystem} from '../../../../support/btrfs-file-system.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images} from '../../qemu/support/run-qm.ts'
import {killEverywhere, pct} from '../support/kill-everywhere.ts'

const config = async (vmid: number, context: Context) => (await context.store.read(`nodes/h1/lxc/${vmid}.conf`))?.data ?? ''
const limitMs = 300_000
const mebibyte = 1024 ** 2

/** A container 200 whose root file system is a folder with a file in it. */
async function withFolder(place: Installation, context: Context): Promise<void> {
  const folder = join(place.root, 'lib/vz/images/200/subvol-200-disk-0.subvol')
  mkdirSync(folder, {recursive: true})
  writeFileSync(join(folder, 'file'), 'content')
  await context.store.commit({put: {'nodes/h1/lxc/200.conf': 'hostname: one\nostype: unmanaged\nrootfs: local:200/subvol-200-disk-0.subvol,size=0T\n', 'vmids/200': 'lxc h1 x\n'}})
}

/** The same with an image. */
async function withImage(place: Installation, context: Context): Promise<void> {
  const folder = join(place.root, 'lib/vz/images/200')
  mkdirSync(folder, {recursive: true})
  const image = join(folder, 'vm-200-disk-0.raw')
  writeFileSync(image, '')
  truncateSync(image, 16 * mebibyte)
  execFileSync('mkfs.ext4', ['-q', '-F', image], {stdio: 'ignore'})
  await context.store.commit({put: {'nodes/h1/lxc/200.conf': 'ostype: unmanaged\nrootfs: local:200/vm-200-disk-0.raw,size=16M\n', 'vmids/200': 'lxc h1 x\n'}})
}

it.each(['RECORD', 'STEP'] as const)('clone, after each %s: the clone is whole, or nothing is left of it', async (what) => {
  const kills = await killEverywhere({
    what, command: 'clone', params: {vmid: 200, newid: 201}, vmids: [201, 200], before: withFolder,
    afterwards: async (place, context) => {
      const isThere = await config(201, context) !== ''
      expect(await images(place)).toEqual(['200/subvol-200-disk-0.subvol', ...(isThere ? ['201/subvol-201-disk-0.subvol'] : [])])
      expect((await context.store.list('vmids')).length).toBe(isThere ? 2 : 1)
      if (isThere) expect(readFileSync(join(place.root, 'lib/vz/images/201/subvol-201-disk-0.subvol/file'), 'utf8')).toBe('content')
      expect(await config(201, context)).not.toContain('lock:')
    },
  })
  expect(kills).toBeGreaterThanOrEqual(3)
}, limitMs)

it('move-volume, after each record: the volume is here or there, whole', async () => {
  const kills = await killEverywhere({
    what: 'RECORD', command: 'move-volume', params: {vmid: 200, volume: 'rootfs', storage: 'other', delete: true}, vmids: [200],
    before: async (place, context) => {
      await withFolder(place, context)
      await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${join(place.root, 'lib/vz')}\n\tcontent rootdir,images\n\ndir: other\n\tpath ${join(place.root, 'other')}\n\tcontent rootdir\n`}})
    },
    afterwards: async (place, context) => {
      const text = await config(200, context)
      const isMoved = text.includes('rootfs: other:')
      expect(text).not.toContain('unused')
      expect([existsSync(join(place.root, 'lib/vz/images/200')), existsSync(join(place.root, 'other/images/200'))]).toEqual([!isMoved, isMoved])
      expect(readFileSync(join(place.root, isMoved ? 'other' : 'lib/vz', 'images/200/subvol-200-disk-0.subvol/file'), 'utf8')).toBe('content')
    },
  })
  expect(kills).toBeGreaterThanOrEqual(3)
}, limitMs)

it('resize, after each record: it is finished', async () => {
  const kills = await killEverywhere({
    what: 'RECORD', command: 'resize', params: {vmid: 200, disk: 'rootfs', size: '+8M'}, vmids: [200], before: withImage,
    afterwards: async (place, context) => {
      expect(await config(200, context)).toMatch(/^rootfs: local:200\/vm-200-disk-0\.raw,size=24M$/m)
      const image = join(place.root, 'lib/vz/images/200/vm-200-disk-0.raw')
      expect(statSync(image).size).toBe(24 * mebibyte)
      const blocks = Number(/^Block count: +(\d+)$/m.exec(execFileSync('dumpe2fs', ['-h', image], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}))?.[1])
      expect(blocks).toBeGreaterThanOrEqual(24 * 1024 / 4)
    },
  })
  expect(kills).toBeGreaterThanOrEqual(1)
}, limitMs)

it('template, after each record: it is one, or is as it was', async () => {
  const kills = await killEverywhere({
    what: 'RECORD', command: 'template', params: {vmid: 200}, vmids: [200], before: withImage,
    afterwards: async (place, context) => {
      const isTemplate = (await config(200, context)).includes('template: 1')
      expect(await images(place)).toEqual([isTemplate ? '200/base-200-disk-0.raw' : '200/vm-200-disk-0.raw'])
      expect(await config(200, context)).toMatch(isTemplate ? /^rootfs: local:200\/base-200-disk-0\.raw,/m : /^rootfs: local:200\/vm-200-disk-0\.raw,/m)
    },
  })
  expect(kills).toBeGreaterThanOrEqual(1)
}, limitMs)

const why = whyNoBtrfs()
if (why !== undefined) console.log(`snapshots of containers that are killed: skipped, because ${why}`)

describe.skipIf(why !== undefined)('on btrfs', () => {
  let butter: BtrfsFileSystem
  let folders = 0
  beforeAll(() => { butter = btrfsFileSystem() })
  afterAll(() => { butter.close() })

  /** The root file system is a subvolume; each installation has a folder of its own. */
  async function withSubvolume(_place: Installation, context: Context): Promise<void> {
    const path = join(butter.mountPoint, `s${++folders}`)
    mkdirSync(join(path, 'images/200'), {recursive: true})
    execFileSync('btrfs', ['subvolume', 'create', join(path, 'images/200/subvol-200-disk-0.subvol')], {stdio: 'ignore'})
    writeFileSync(join(path, 'images/200/subvol-200-disk-0.subvol/file'), 'first')
    await context.store.commit({put: {'storage.cfg': `btrfs: butter\n\tpath ${path}\n\tcontent rootdir\n`, 'nodes/h1/lxc/200.conf': 'memory: 32\nostype: unmanaged\nrootfs: butter:200/subvol-200-disk-0.subvol,size=0T\n', 'vmids/200': 'lxc h1 x\n'}})
  }
  const folder = () => join(butter.mountPoint, `s${folders}`, 'images/200')

  it('snapshot, after each record: it is taken, or nothing is left of it', async () => {
    const kills = await killEverywhere({
      what: 'RECORD', command: 'snapshot', params: {vmid: 200, snapname: 'before'}, vmids: [200], before: withSubvolume,
      afterwards: async (_place, context) => {
        const text = await config(200, context)
        const isTaken = text.includes('[before]')
        expect(text).not.toMatch(/lock:|snapstate:/)
        expect(readdirSync(folder())).toEqual(['subvol-200-disk-0.subvol', ...(isTaken ? ['subvol-200-disk-0.subvol@before'] : [])])
      },
    })
    expect(kills).toBeGreaterThanOrEqual(3)
  }, limitMs)

  it.each(['RECORD', 'STEP'] as const)('rollback, after each %s: it is at the snapshot, or is as it was', async (what) => {
    const kills = await killEverywhere({
      what, command: 'rollback', params: {vmid: 200, snapname: 'before'}, vmids: [200],
      before: async (place, context) => {
        await withSubvolume(place, context)
        await pct('snapshot', {vmid: 200, snapname: 'before'}, context)
        writeFileSync(join(folder(), 'subvol-200-disk-0.subvol/file'), 'second')
        await pct('set', {vmid: 200, memory: 64}, context)
      },
      afterwards: async (_place, context) => {
        const text = (await config(200, context)).split('\n[')[0] ?? ''
        const isBack = text.includes('memory: 32')
        expect(text).not.toContain('lock:')
        expect(readFileSync(join(folder(), 'subvol-200-disk-0.subvol/file'), 'utf8')).toBe(isBack ? 'first' : 'second')
      },
    })
    expect(kills).toBeGreaterThanOrEqual(2)
  }, limitMs)
})
