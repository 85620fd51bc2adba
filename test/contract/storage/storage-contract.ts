// What every storage plugin must do. A maker supplies a plugin with a section that works and a host; the suite makes, grows, lists and
// removes volumes there. Names are the storage's own, so nothing here is about folders.
import {randomUUID} from 'node:crypto'
import {beforeEach, describe, expect} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'
import type {Format, Storage, Volume, VolumeId} from '../../../src/lib/storage/index.ts'
import type {Operation, StorageUnderTest} from './contract-run.ts'
import {convertArgv} from '../../../src/lib/storage/convert-image.ts'
import {contractRun, expectStretches, mebibyte, writeStretches} from './contract-run.ts'
import {transferContract} from './transfer-contract.ts'

export type {StorageUnderTest} from './contract-run.ts'

/** Volume names that no storage may take for a path of its own. */
export const hostileNames = [
  '', '.', '..', '../etc/passwd', '100/../../etc/passwd', '/etc/passwd', '100/./vm-100-disk-0.raw', '100//vm-100-disk-0.raw', '100/', 'iso/../100/x.raw',
  '100/vm-100-disk-0.raw\0.iso', '100/vm\n.raw', '100/\u001b]0;x\u0007.raw', 'iso/a\u0085.iso', 'iso/a\u2028.iso', '%2e%2e/etc/passwd', '..%2f..%2fetc',
  '100/\ud800.raw', `100/${'x'.repeat(300)}.raw`, `${'a/'.repeat(600)}b`, '․․/etc', 'nbd://host/x', 'json:{}', '100/vm-100-disk-0.raw/..',
] as const

/** @param leftOut as contractRun takes it */
export function storageContract(name: string, make: () => Promise<StorageUnderTest>, leftOut: readonly Operation[] = []): void {
  describe(`a storage of type ${name}`, () => {
    const contract = contractRun(name, make, leftOut)
    const {check, lacks} = contract
    // Anew for each test.
    let made: StorageUnderTest
    let storage: Storage
    beforeEach(() => {
      made = contract.made()
      storage = contract.storage()
    })

    const create = async (vmid: number, format: Format, sizeBytes: number): Promise<VolumeId> =>
      (await storage.create({vmid, format, sizeBytes})).id

    check([], 'describes itself', async () => {
      const {plugin, config} = made
      expect(plugin.type).toBe(config.type)
      expect(plugin.traits.formats).toContain(plugin.traits.defaultFormat)
      expect(plugin.traits.content).toEqual(expect.arrayContaining([...plugin.traits.defaultContent]))
      for (const option of plugin.fixed) expect(Object.keys(plugin.params)).toContain(option)
      for (const [option, schema] of Object.entries(plugin.params)) expect(schema.description, option).toMatch(/\.$/)
    })

    check(['activate', 'usage'], 'can be made usable again and again', async () => {
      await storage.activate()
      expect(await storage.usage()).toMatchObject({isActive: true})
      expect((await storage.usage()).totalBytes).toBeGreaterThan(0)
    })

    check(['allocate', 'size', 'list', 'path'], 'makes a disk of every format that it has, which is then there in every view', async () => {
      for (const format of storage.traits.formats) {
        const volume = await storage.create({vmid: 100, format, sizeBytes: 8 * mebibyte})
        expect(volume).toMatchObject({content: 'images', format, vmid: 100, sizeBytes: 8 * mebibyte, isBase: false})
        expect(await storage.exists(volume.id)).toBe(true)
        expect(await storage.volume(volume.id)).toEqual({...volume, ...settling(volume)})
        expect((await storage.list(['images'])).map(({id}) => id)).toContainEqual(volume.id)
        // The folder of a container is no disk.
        if (format === 'subvol') expect(() => storage.blockSource(volume.id)).toThrow(/folder/)
        else expect(storage.blockSource(volume.id).format).toBe(format)
        expect(await storage.attach(volume.id)).toBe(storage.path(volume.id))
        await storage.detach(volume.id)
      }
    })

    check(['allocate'], 'refuses a name that is taken and leaves what is there alone', async () => {
      const {base} = await storage.create({vmid: 100, format: storage.traits.defaultFormat, sizeBytes: 8 * mebibyte})
      await expect(storage.create({vmid: 100, format: storage.traits.defaultFormat, sizeBytes: mebibyte, base})).rejects.toMatchObject({kind: 'conflict'})
      expect((await storage.list(['images'], 100)).map(({sizeBytes}) => sizeBytes)).toEqual([8 * mebibyte])
    })

    check(['concurrent'], 'gives a name to one of many who want it at once', async () => {
      const format = storage.traits.defaultFormat
      const {name: wanted} = await storage.nextName(100, format, [])
      const base = wanted.slice(wanted.lastIndexOf('/') + 1)
      const tries = await Promise.allSettled(Array.from({length: 8}, () => storage.create({vmid: 100, format, sizeBytes: mebibyte, base})))
      expect(tries.filter(({status}) => status === 'fulfilled')).toHaveLength(1)
      expect(tries.flatMap((result) => result.status === 'rejected' ? [(result.reason as {kind?: string}).kind] : [])).toEqual(Array(7).fill('conflict'))
      expect(await storage.list(['images'], 100)).toHaveLength(1)
    })

    check(['allocate'], 'numbers disks from 0, past those that exist and those that are spoken for', async () => {
      const format = storage.traits.defaultFormat
      const first = await create(100, format, mebibyte)
      const second = await storage.nextName(100, format, [])
      expect(second).not.toEqual(first)
      const third = await storage.nextName(100, format, [second.name])
      expect(new Set([first, second, third].map(({name: text}) => text)).size).toBe(3)
      expect(await storage.nextName(101, format, [second.name])).toEqual({...first, name: first.name.replaceAll('100', '101')})
    })

    check(['list'], 'lists only what was asked for', async () => {
      const format = storage.traits.defaultFormat
      await create(100, format, mebibyte)
      const other = await create(200, format, mebibyte)
      expect((await storage.list(['images'], 200)).map(({id}) => id)).toEqual([other])
      expect(await storage.list(['images'])).toHaveLength(2)
      expect(await storage.list(['images'], 300)).toEqual([])
      expect(await storage.list([])).toEqual([])
    })

    check(['resize', 'size'], 'makes a disk larger and never smaller', async () => {
      const format = storage.traits.defaultFormat
      const id = await create(100, format, 8 * mebibyte)
      await storage.resize(id, 24 * mebibyte)
      await storage.resize(id, 24 * mebibyte)
      expect((await storage.volume(id)).sizeBytes).toBe(24 * mebibyte)
      await expect(storage.resize(id, 8 * mebibyte)).rejects.toMatchObject({kind: 'invalid-input'})
      expect((await storage.volume(id)).sizeBytes).toBe(24 * mebibyte)
    })

    check(['delete'], 'removes a disk, and does not mind when it is gone', async () => {
      const id = await create(100, storage.traits.defaultFormat, mebibyte)
      await storage.checkRemovable(id)
      await storage.remove(id)
      expect(await storage.exists(id)).toBe(false)
      expect(await storage.list(['images'])).toEqual([])
      await storage.remove(id)
      await expect(storage.volume(id)).rejects.toMatchObject({kind: 'not-found'})
      await expect(storage.attach(id)).rejects.toMatchObject({kind: 'not-found'})
      await expect(storage.resize(id, 24 * mebibyte)).rejects.toMatchObject({kind: 'not-found'})
    })

    check(['allocate'], 'refuses sizes that are none', async () => {
      for (const sizeBytes of [0, -1, NaN, 2 ** 53, 0.5]) {
        await expect(storage.create({vmid: 100, format: storage.traits.defaultFormat, sizeBytes}), String(sizeBytes)).rejects.toMatchObject({kind: 'invalid-input'})
      }
      expect(await storage.list(['images'])).toEqual([])
    })

    // One storage for all names: making one is the costly part on most types, and nothing is made here.
    check(['path'], 'refuses hostile volume names everywhere', async () => {
      for (const hostile of hostileNames) {
        const id = {storage: made.config.storage, name: hostile}
        const name = JSON.stringify(hostile)
        expect(() => made.plugin.parseName(hostile), name).toThrow()
        expect(() => storage.path(id), name).toThrow()
        expect(() => storage.blockSource(id), name).toThrow()
        await expect((async () => storage.remove(id))(), name).rejects.toMatchObject({kind: 'invalid-input'})
        await expect((async () => storage.volume(id))(), name).rejects.toMatchObject({kind: 'invalid-input'})
      }
    })

    check(['allocate'], 'refuses hostile names for new disks', async () => {
      for (const base of ['-rf.raw', '../vm-100-disk-0.raw', 'a b.raw', 'vm-101-disk-0.raw', 'x\n.raw', '.hidden.raw']) {
        await expect((async () => storage.create({vmid: 100, format: 'raw', sizeBytes: mebibyte, base}))(), base).rejects.toMatchObject({kind: 'invalid-input'})
      }
    })

    check(['rename'], 'gives a disk another name and another guest, once or twice', async () => {
      const format = storage.traits.defaultFormat
      const from = await create(100, format, 8 * mebibyte)
      const to = await storage.nextName(200, format, [])
      await storage.rename(from, to)
      await storage.rename(from, to)
      expect(await storage.exists(from)).toBe(false)
      expect(await storage.volume(to)).toMatchObject({id: to, vmid: 200, sizeBytes: 8 * mebibyte})
      expect((await storage.list(['images'], 200)).map(({id}) => id)).toEqual([to])
      expect(await storage.list(['images'], 100)).toEqual([])
    })

    check(['rename'], 'takes no name from another disk', async () => {
      const format = storage.traits.defaultFormat
      const [first, second] = [await create(100, format, mebibyte), await create(100, format, mebibyte)]
      await expect(storage.rename(first, second)).rejects.toMatchObject({kind: 'conflict'})
      expect(await storage.list(['images'], 100)).toHaveLength(2)
      await storage.remove(second)
      await storage.remove(first)
      await expect(storage.rename(first, second)).rejects.toMatchObject({kind: 'not-found'})
    })

    check(['snapshot'], 'has snapshots of just those formats that it says', async () => {
      const {snapshots, traits} = storage
      expect(snapshots === undefined).toBe(traits.snapshotFormats.length === 0)
      for (const format of snapshots === undefined ? [] : traits.formats) {
        const {id} = await storage.create({vmid: 100, format, sizeBytes: 8 * mebibyte})
        const taken = snapshots?.create(id, 'before')
        if (traits.snapshotFormats.includes(format)) await taken
        else await expect(taken).rejects.toMatchObject({kind: 'unsupported'})
      }
    })

    check(['snapshot', 'rollback'], 'takes snapshots, goes back to them and removes them', async () => {
      const {snapshots, traits: {snapshotFormats: [format]}} = storage
      if (snapshots === undefined || format === undefined) {
        lacks('snapshot')
        lacks('rollback')
        return
      }
      const id = await create(100, format, 8 * mebibyte)
      await writeStretches(made.host, storage, id, [[0, 1, '0x11']])
      await snapshots.create(id, 'first')
      await writeStretches(made.host, storage, id, [[0, 1, '0x22']])
      await snapshots.create(id, 'second')
      expect((await snapshots.list(id)).map(({name: snapshot}) => snapshot)).toEqual(['first', 'second'])
      await expect(snapshots.create(id, 'first')).rejects.toMatchObject({kind: 'conflict'})
      await writeStretches(made.host, storage, id, [[0, 1, '0x55']])
      expect(await firstByte(made.host, storage, id, 'first')).toBe(0x11)
      expect(await firstByte(made.host, storage, id)).toBe(0x55)
      const later = ['second']
      if (storage.traits.rollsBackToNewestOnly === true) {
        await expect(snapshots.rollback(id, 'first')).rejects.toMatchObject({kind: 'conflict'})
        expect(await firstByte(made.host, storage, id)).toBe(0x55)
        await snapshots.remove(id, later.pop() ?? '')
      }
      await snapshots.rollback(id, 'first')
      await expectStretches(made.host, storage, id, [[0, 1, '0x11']])
      await snapshots.remove(id, 'first')
      await snapshots.remove(id, 'first')
      expect((await snapshots.list(id)).map(({name: snapshot}) => snapshot)).toEqual(later)
      await expect(snapshots.rollback(id, 'first')).rejects.toMatchObject({kind: 'not-found'})
      for (const hostile of ['', '-c', 'a b', 'a/b', '../x', 'x\n', 'x'.repeat(41), '1st']) {
        await expect((async () => snapshots.create(id, hostile))(), hostile).rejects.toMatchObject({kind: 'invalid-input'})
      }
    })

    check(['snapshot'], 'names no snapshot of what has none', async () => {
      const {snapshotFormats, formats} = storage.traits
      for (const format of formats.filter((each) => !snapshotFormats.includes(each))) {
        const id = await storage.nextName(100, format, [])
        expect(() => storage.imageName(id, 'before')).toThrow(/snapshot/)
      }
    })

    check(['template', 'linked clone'], 'makes bases, and clones that read from them', async () => {
      const {templates, traits} = storage
      expect(templates === undefined).toBe(traits.templateFormats.length === 0)
      if (templates === undefined) {
        lacks('template')
        lacks('linked clone')
      }
      for (const format of templates === undefined ? [] : traits.templateFormats) {
        if (templates === undefined || format === 'subvol') continue
        const id = await create(900, format, 8 * mebibyte)
        await writeStretches(made.host, storage, id, [[0, 1, '0x33']])
        const base = await templates.makeBase(id)
        expect(base).toEqual(templates.baseOf(id))
        expect(await storage.volume(base)).toMatchObject({isBase: true, vmid: 900, format, sizeBytes: 8 * mebibyte})
        expect(await storage.exists(id)).toBe(false)
        const clone = await templates.nextClone(base, 200, [])
        expect(await templates.nextClone(base, 200, [clone.name])).not.toEqual(clone)
        const volume = await templates.clone(base, clone)
        // What stands alone on a storage does so for the formats of which it makes no images that name others.
        const standsAlone = traits.clonesStandAlone === true && storage.parseName(clone.name).parent === undefined
        expect(volume).toMatchObject({id: clone, vmid: 200, sizeBytes: 8 * mebibyte, ...standsAlone ? {} : {parent: base.name}})
        await expectStretches(made.host, storage, clone, [[0, 1, '0x33']])
        await writeStretches(made.host, storage, clone, [[0, 1, '0x44']])
        await expectStretches(made.host, storage, base, [[0, 1, '0x33']])
        await expect(templates.clone(base, clone)).rejects.toMatchObject({kind: 'conflict'})
        if (!standsAlone) {
          await expect(storage.remove(base)).rejects.toMatchObject({kind: 'conflict'})
          await expect(templates.unmakeBase(id)).rejects.toMatchObject({kind: 'conflict'})
        }
        await storage.remove(clone)
        await templates.unmakeBase(id)
        await templates.unmakeBase(id)
        expect(await storage.volume(id)).toMatchObject({isBase: false})
        await expect(templates.clone(id, clone)).rejects.toMatchObject({kind: 'conflict'})
        await storage.remove(id)
      }
    })

    check(['path'], 'does not take the volumes of another storage for its own', async () => {
      const {name: text} = await storage.nextName(100, storage.traits.defaultFormat, [])
      expect(() => storage.path({storage: 'elsewhere', name: text})).toThrow(/not on storage/)
    })

    check(['concurrent', 'allocate'], 'gives many who allocate at once names of their own, and loses none', async () => {
      const format = storage.traits.defaultFormat
      const made = await Promise.all(Array.from({length: 6}, (_, index) => allocate(storage, 100 + index % 2, format)))
      expect(new Set(made.map(({name: text}) => text)).size).toBe(6)
      expect((await storage.list(['images'])).map(({id}) => id.name).sort()).toEqual(made.map(({name: text}) => text).sort())
    }, 120_000)

    check(['out of space'], 'says so when the space does not suffice, and leaves nothing', async () => {
      const {availableBytes} = await storage.usage()
      const format = storage.traits.defaultFormat
      let failure: unknown
      // What lays nothing out at once may promise more than there is, up to a size that cannot be.
      const made = await storage.create({vmid: 100, format, sizeBytes: availableBytes + 4 * 1024 * mebibyte}).catch((error: unknown) => { failure = error })
      if (made === undefined) {
        expect(failure).toMatchObject({kind: 'unavailable'})
        expect(String((failure as Error).message)).toMatch(/space/)
      } else await storage.remove(made.id)
      expect(await storage.list(['images'])).toEqual([])
      expect(await storage.usage()).toMatchObject({isActive: true})
    })

    check(['full clone'], 'copies a disk whole', async () => {
      if (made.hasNoDevices === true) {
        contract.cannotTry('full clone')
        return
      }
      const format = storage.traits.defaultFormat
      const from = await create(100, format, 8 * mebibyte)
      const to = await create(101, format, 8 * mebibyte)
      await writeStretches(made.host, storage, from, [[0, 8, '0x00'], [0, 1, '0x61'], [7, 1, '0x62']])
      await storage.attach(from)
      await storage.attach(to)
      const [source, target] = [storage.imageName(from), storage.imageName(to)]
      await made.host.run(convertArgv({source, target, isTargetZero: storage.traits.readsZerosWhenNew}))
      await storage.detach(to)
      await storage.detach(from)
      await storage.remove(from)
      await expectStretches(made.host, storage, to, [[0, 1, '0x61'], [1, 6, '0x00'], [7, 1, '0x62']])
    })

    check(['gone and back'], 'is inactive while its backend is away, says why, and is as before when it is back', async () => {
      if (made.outage === undefined) {
        contract.cannotTry('gone and back')
        return
      }
      const id = await create(100, storage.traits.defaultFormat, mebibyte)
      await made.outage.begin()
      try {
        const usage = await storage.usage()
        expect(usage).toMatchObject({isActive: false, totalBytes: 0})
        expect(usage.reason).toContain(`storage '${made.config.storage}'`)
        await expect(storage.create({vmid: 101, format: storage.traits.defaultFormat, sizeBytes: mebibyte})).rejects.toMatchObject({kind: 'unavailable'})
        await expect(storage.activate()).rejects.toMatchObject({kind: 'unavailable'})
      } finally {
        await made.outage.end()
      }
      await storage.activate()
      expect(await storage.usage()).toMatchObject({isActive: true})
      expect((await storage.list(['images'])).map((volume) => volume.id)).toEqual([id])
    }, 180_000)

    transferContract(contract)

    check([], 'shows a change as the commands that it comes to', async () => {
      const format = storage.traits.defaultFormat
      const id = await storage.nextName(100, format, [])
      const shown = storage.commands({create: {id, want: {vmid: 100, format, sizeBytes: mebibyte}}})
      expect(shown.flat().join(' ')).toContain(storage.parseName(id.name).base.replace(/\.raw$/, ''))
      expect(storage.commands({remove: id}).length).toBeGreaterThan(0)
      expect(await storage.exists(id)).toBe(false)
    })
  })
}

/** What a server of files (SMB) may still change after a file was closed. */
function settling(volume: Volume): Partial<Record<keyof Volume, unknown>> {
  return Object.fromEntries((['createdAtMs', 'usedBytes'] as const).filter((key) => volume[key] !== undefined).map((key) => [key, expect.any(Number)]))
}

/** As commands do it: a name is chosen and taken, and another one chosen when somebody was faster. */
async function allocate(storage: Storage, vmid: number, format: Format): Promise<VolumeId> {
  for (let tries = 0; tries < 50; tries++) {
    const {name} = await storage.nextName(vmid, format, [])
    try {
      return (await storage.create({vmid, format, sizeBytes: mebibyte, base: name.slice(name.lastIndexOf('/') + 1)})).id
    } catch (error) {
      if ((error as {kind?: string}).kind !== 'conflict') throw error
    }
  }
  throw new Error('no name was free in 50 tries')
}

/** What qemu-img finds at the beginning of a disk or a snapshot, copied out as a move or clone does it. */
async function firstByte(host: Host, storage: Storage, id: VolumeId, of?: string): Promise<number> {
  const folder = `/tmp/corral-copy-${randomUUID()}`
  await host.files.makeDirectory(folder, 0o700)
  await storage.attach(id, of)
  try {
    const image = storage.imageName(id, of)
    const source = image.options === undefined ? ['-f', image.format, '--', image.path]
      : ['--image-opts', '--', Object.entries(image.options).map(([key, value]) => `${key}=${value.replaceAll(',', ',,')}`).join(',')]
    const snapshot = image.internalSnapshot === undefined ? [] : ['-l', `snapshot.name=${image.internalSnapshot}`]
    await host.run(['qemu-img', 'convert', '-O', 'raw', ...snapshot, ...source, `${folder}/copy`])
    return (await host.files.readAt(`${folder}/copy`, 0, 1))[0] ?? -1
  } finally {
    await storage.detach(id, of)
    await host.files.removeTree(folder)
  }
}
