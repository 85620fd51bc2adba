// Snapshots as a chain of files, with the real qemu-img: what is on disk after each step, and what becomes of steps that were cut off.
import {mkdtemp, rename, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {plugin} from '../../../../src/lib/storage/dir/plugin.ts'
import type {Storage, VolumeId, VolumeSnapshots} from '../../../../src/lib/storage/index.ts'

const host = localHost('h1')
const mebibyte = 1024 ** 2
const folders: string[] = []
afterEach(async () => { for (const folder of folders.splice(0)) await rm(folder, {recursive: true, force: true}) })

interface Disk { readonly storage: Storage; readonly snapshots: VolumeSnapshots; readonly id: VolumeId; readonly folder: string; readonly path: string }

async function disk(): Promise<Disk> {
  const root = await mkdtemp(join(tmpdir(), 'corral-chain-'))
  folders.push(root)
  const storage = plugin.open({type: 'dir', storage: 'local', path: root, content: 'images', 'snapshot-as-volume-chain': true}, host, systemClock)
  const {id} = await storage.create({vmid: 100, format: 'qcow2', sizeBytes: 4 * mebibyte})
  if (storage.snapshots === undefined) throw new Error('no snapshots')
  return {storage, snapshots: storage.snapshots, id, folder: `${root}/images/100`, path: storage.path(id)}
}

const fill = (path: string, byte: string, at = '0') => host.run(['qemu-io', '-f', 'qcow2', '-c', `write -P ${byte} ${at} 1M`, '--', path])

async function expectAt(path: string, byte: string, at = '0'): Promise<void> {
  expect((await host.run(['qemu-io', '-r', '-f', 'qcow2', '-c', `read -P ${byte} ${at} 1M`, '--', path])).stdout).not.toContain('verification failed')
}

const names = async ({snapshots, id}: Disk) => (await snapshots.list(id)).map(({name}) => name)

describe('snapshots as a chain of files', () => {
  it('keeps what was written before each in a file of its own, and shows the disk alone', async () => {
    const made = await disk()
    const {storage, snapshots, id, folder, path} = made
    await fill(path, '0x11')
    await snapshots.create(id, 'one')
    await fill(path, '0x22', '1M')
    await snapshots.create(id, 'two')
    expect(await host.files.list(folder)).toEqual(['snap-one-vm-100-disk-0.qcow2', 'snap-two-vm-100-disk-0.qcow2', 'vm-100-disk-0.qcow2'])
    expect(await names(made)).toEqual(['one', 'two'])
    expect((await storage.list(['images'])).map((volume) => [volume.id.name, volume.sizeBytes, volume.backing])).toEqual([['100/vm-100-disk-0.qcow2', 4 * mebibyte, undefined]])
    expect(storage.imageName(id, 'one').path).toBe(`${folder}/snap-one-vm-100-disk-0.qcow2`)
    await expect(storage.remove({...id, name: '100/snap-one-vm-100-disk-0.qcow2'})).rejects.toMatchObject({kind: 'conflict'})
    await expect(storage.rename(id, {...id, name: '200/vm-200-disk-0.qcow2'})).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('has snapshots') as string})
    await storage.remove(id)
    expect(await host.files.list(folder)).toEqual([])
  })

  it.each([['one', ['two', 'three']], ['two', ['one', 'three']], ['three', ['one', 'two']]])('removes %s and loses nothing of the others', async (gone, left) => {
    const made = await disk()
    const {storage, snapshots, id, path} = made
    await fill(path, '0x11')
    await snapshots.create(id, 'one')
    await fill(path, '0x22', '1M')
    await snapshots.create(id, 'two')
    await fill(path, '0x33', '2M')
    await storage.resize(id, 8 * mebibyte)
    await snapshots.create(id, 'three')
    await fill(path, '0x44', '3M')
    await snapshots.remove(id, gone)
    expect(await names(made)).toEqual(left)
    for (const [byte, at] of [['0x11', '0'], ['0x22', '1M'], ['0x33', '2M'], ['0x44', '3M']] as const) await expectAt(path, byte, at)
    await expectAt(storage.imageName(id, left[0]).path, '0x11')
    await expectAt(storage.imageName(id, left[1]).path, '0x22', '1M')
    await host.run(['qemu-img', 'check', '-q', '-f', 'qcow2', '--', path])
    for (const name of left) await snapshots.remove(id, name)
    expect(await host.files.list(made.folder)).toEqual(['vm-100-disk-0.qcow2'])
    for (const [byte, at] of [['0x11', '0'], ['0x22', '1M'], ['0x33', '2M'], ['0x44', '3M']] as const) await expectAt(path, byte, at)
  })

  it('goes back to the newest only, with the size of that time', async () => {
    const made = await disk()
    const {storage, snapshots, id, path} = made
    await fill(path, '0x11')
    await snapshots.create(id, 'one')
    await storage.resize(id, 8 * mebibyte)
    await snapshots.create(id, 'two')
    await expect(snapshots.rollback(id, 'one')).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('would lose two') as string})
    await snapshots.remove(id, 'two')
    await fill(path, '0x99')
    await snapshots.rollback(id, 'one')
    await expectAt(path, '0x11')
    expect((await storage.volume(id)).sizeBytes).toBe(4 * mebibyte)
    expect(await names(made)).toEqual(['one'])
  })

  it('puts right what was cut off between two renames, and writes over what lies about', async () => {
    const made = await disk()
    const {snapshots, id, folder, path} = made
    await fill(path, '0x11')
    await rename(path, `${folder}/snap-one-vm-100-disk-0.qcow2`)
    // The undo of taking it.
    await snapshots.remove(id, 'one')
    await expectAt(path, '0x11')
    expect(await names(made)).toEqual([])
    await host.files.write(`${folder}/.vm-100-disk-0.qcow2.new`, 'left by somebody')
    await snapshots.create(id, 'one')
    await expectAt(path, '0x11')
    // Removing it was cut off when nothing stood on it any more.
    await host.run(['qemu-img', 'rebase', '-q', '-f', 'qcow2', '-b', '', '--', path])
    await snapshots.remove(id, 'one')
    expect(await host.files.list(folder)).toEqual(['vm-100-disk-0.qcow2'])
    await expectAt(path, '0x11')
  })

  it('keeps away from a disk that somebody has open', async () => {
    const made = await disk()
    const {snapshots, id, path} = made
    await snapshots.create(id, 'one')
    const stop = new AbortController()
    const holding = host.run(['qemu-io', '-f', 'qcow2', '-c', 'write 0 4k', '-c', 'sleep 60000', '--', path], {signal: stop.signal}).catch(() => undefined)
    await expect.poll(async () => host.run(['qemu-img', 'info', '-f', 'qcow2', '--', path]).then(() => 'free', () => 'in use'), {timeout: 30_000}).toBe('in use')
    for (const change of [() => snapshots.create(id, 'two'), () => snapshots.rollback(id, 'one'), () => snapshots.remove(id, 'one')]) await expect(change()).rejects.toMatchObject({kind: 'conflict'})
    stop.abort()
    await holding
    expect(await names(made)).toEqual(['one'])
  }, 120_000)

  it('keeps the base of a linked clone in its name', async () => {
    const {storage, snapshots, id} = await disk()
    const {templates} = storage
    if (templates === undefined) throw new Error('no templates')
    const base = await templates.makeBase(id)
    const clone = await templates.nextClone(base, 200, [])
    await templates.clone(base, clone)
    await snapshots.create(clone, 'one')
    expect((await storage.list(['images'], 200)).map((volume) => volume.id)).toEqual([clone])
    await expect(storage.remove(base)).rejects.toMatchObject({kind: 'conflict'})
    await snapshots.remove(clone, 'one')
    expect((await storage.list(['images'], 200)).map((volume) => volume.id)).toEqual([clone])
  })
})
