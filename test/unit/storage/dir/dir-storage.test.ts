import {spawnSync} from 'node:child_process'
import {mkdir, mkdtemp, readdir, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {CancelledError, ToolError, systemClock} from '../../../../src/lib/base/index.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import type {FakeHostOptions} from '../../../../src/lib/host/fake/index.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {isMountPoint} from '../../../../src/lib/storage/dir/mounts.ts'
import {readDirOptions} from '../../../../src/lib/storage/dir/options.ts'
import {plugin} from '../../../../src/lib/storage/dir/plugin.ts'
import {createImageArgv, resizeImageArgv, spaceForCreation} from '../../../../src/lib/storage/dir/qemu-img.ts'

const gibibyte = 1024 ** 3
let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'corral-dir-')) })
afterEach(() => rm(folder, {recursive: true, force: true}))

const open = (options: Readonly<Record<string, unknown>> = {}) => plugin.open({type: 'dir', storage: 'local', path: folder, ...options}, localHost('h1'), systemClock)
const faked = (options: FakeHostOptions, config: Readonly<Record<string, unknown>> = {}) => {
  const host = fakeHost({...options, files: {'/vz/images/': '', '/vz/private/': '', ...options.files}})
  return {host, storage: plugin.open({type: 'dir', storage: 'local', path: '/vz', ...config}, host, systemClock)}
}

describe('options', () => {
  const defaults = {content: ['images'], format: 'raw'} as const
  const read = (options: Readonly<Record<string, unknown>>) => readDirOptions({type: 'dir', storage: 'x1', path: '/srv//x/', ...options}, defaults)

  it('have the defaults of Proxmox VE', () => {
    expect(read({})).toEqual({
      layout: {path: '/srv/x', contentDirs: {}}, content: ['images'], defaultFormat: 'raw', preallocation: 'metadata', createBasePath: true, createSubdirs: true,
      mountpoint: undefined, shared: false, keepsChains: false,
    })
  })

  it('take mkdir for both of its successors, which go before it', () => {
    expect(read({mkdir: false})).toMatchObject({createBasePath: false, createSubdirs: false})
    expect(read({mkdir: '0', 'create-subdirs': '1'})).toMatchObject({createBasePath: false, createSubdirs: true})
  })

  it.each([['yes', '/srv/x'], ['1', '/srv/x'], ['no', undefined], ['0', undefined], ['/mnt/usb/', '/mnt/usb']])('take is_mountpoint %s for %s', (value, path) => {
    expect(read({is_mountpoint: value}).mountpoint).toBe(path)
  })

  it.each([
    [{path: 'x'}, 'path'], [{path: '/a/../b'}, 'path'], [{path: undefined}, 'path'], [{content: 'x'}, 'content'], [{format: 'vhdx'}, 'format'], [{preallocation: 'some'}, 'preallocation'],
    [{'content-dirs': 'iso'}, 'content-dirs'], [{'content-dirs': 'iso=a/../../b'}, 'content-dirs'], [{'content-dirs': 'films=x'}, 'content-dirs'],
  ])('refuse %j', (options, field) => {
    expect(() => read(options)).toThrow(expect.objectContaining({kind: 'invalid-input', fields: expect.objectContaining({[field]: expect.any(String) as unknown}) as unknown}) as Error)
  })

  it('refuse what would change the meaning of volumes', () => {
  })
})

describe('mount points', () => {
  const mountinfo = '22 1 0:20 / / rw - ext4 /dev/sda rw\n30 22 0:30 / /mnt/usb\\040disk rw - ext4 /dev/sdb rw\n31 22 0:31 / /mnt/back\\134slash rw - ext4 /dev/sdc rw\n'
  it('are read from the kernel, escapes and all', () => {
    expect(isMountPoint(mountinfo, '/mnt/usb disk')).toBe(true)
    expect(isMountPoint(mountinfo, '/mnt/back\\slash')).toBe(true)
    expect(isMountPoint(mountinfo, '/mnt')).toBe(false)
    expect(isMountPoint('', '/')).toBe(false)
  })

  it('keep a storage from being used while they are missing', async () => {
    const storage = open({is_mountpoint: 'yes'})
    const refused = {kind: 'unavailable', message: expect.stringContaining('nothing is mounted') as unknown}
    await expect(storage.activate()).rejects.toMatchObject(refused)
    await expect(storage.list(['images'])).rejects.toMatchObject(refused)
    await expect(storage.create({vmid: 100, format: 'raw', sizeBytes: 1024})).rejects.toMatchObject(refused)
    await expect(storage.volume({storage: 'local', name: '100/vm-100-disk-0.raw'})).rejects.toMatchObject(refused)
    expect(await storage.usage()).toEqual({reason: `storage 'local' is not there: nothing is mounted at ${folder}`, totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false})
    expect(await readdir(folder)).toEqual([])
  })

  it('let it be used when they are there', async () => {
    await open({is_mountpoint: '/proc'}).activate()
  })
})

describe('a file system that does not answer', () => {
  it('makes the storage inactive instead of hanging', async () => {
    const host = localHost('h1')
    const hanging = {...host, files: {...host.files, space: () => new Promise<never>(() => undefined), stat: () => new Promise<never>(() => undefined)}}
    const impatient = {...systemClock, sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(5, signal)}
    const storage = plugin.open({type: 'dir', storage: 'local', path: folder}, hanging, impatient)
    expect(await storage.usage()).toMatchObject({isActive: false})
    await expect(storage.activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining('took longer than') as unknown})
  })
})

describe('qemu-img', () => {
  it('is always told the format', () => {
    expect(createImageArgv('/x/a.raw', 'raw', 512, 'metadata')).toEqual(['qemu-img', 'create', '-q', '-f', 'raw', '-o', 'preallocation=off', '--', '/x/a.raw', '512'])
    expect(createImageArgv('/x/a.qcow2', 'qcow2', 512, 'full')).toEqual(['qemu-img', 'create', '-q', '-f', 'qcow2', '-o', 'preallocation=full', '--', '/x/a.qcow2', '512'])
    expect(createImageArgv('/x/a.vmdk', 'vmdk', 512, 'full')).toEqual(['qemu-img', 'create', '-q', '-f', 'vmdk', '--', '/x/a.vmdk', '512'])
    expect(resizeImageArgv('/x/a.qcow2', 'qcow2', 512, 'falloc')).toEqual(['qemu-img', 'resize', '-q', '-f', 'qcow2', '--preallocation=falloc', '--', '/x/a.qcow2', '512'])
    expect(() => resizeImageArgv('/x/a.vmdk', 'vmdk', 512, 'off')).toThrow(expect.objectContaining({kind: 'unsupported'}) as Error)
  })

  it('takes the space that we reckon with', async () => {
    const storage = open({preallocation: 'falloc'})
    const made = await storage.create({vmid: 100, format: 'qcow2', sizeBytes: 8 * 1024 ** 2})
    expect(made.usedBytes).toBeGreaterThanOrEqual(8 * 1024 ** 2)
    expect(made.usedBytes).toBeLessThanOrEqual(spaceForCreation('qcow2', 8 * 1024 ** 2, 'falloc'))
    const sparse = await open().create({vmid: 100, format: 'qcow2', sizeBytes: 100 * gibibyte})
    expect(sparse.usedBytes).toBeLessThanOrEqual(spaceForCreation('qcow2', 100 * gibibyte, 'metadata'))
  })

  it.each(['off', 'metadata', 'falloc', 'full'])('lays out %s on both formats, and grows them', async (preallocation) => {
    const storage = open({preallocation})
    for (const format of ['raw', 'qcow2'] as const) {
      const {id} = await storage.create({vmid: 100, format, sizeBytes: 1024 ** 2})
      await storage.resize(id, 2 * 1024 ** 2)
      expect((await storage.volume(id)).sizeBytes).toBe(2 * 1024 ** 2)
    }
  })
})

describe('making a disk that fails', () => {
  const want = {vmid: 100, format: 'qcow2', sizeBytes: gibibyte} as const
  const create = ['qemu-img', 'create', '…']

  it('leaves nothing behind, and passes the tool’s words on', async () => {
    const {host, storage} = faked({answers: [{argv: create, exitCode: 1, stderr: 'qemu-img: boom\n'}]})
    await expect(storage.create(want)).rejects.toBeInstanceOf(ToolError)
    expect(await host.files.list('/vz/images/100')).toEqual([])
    host.assertAllUsed()
  })

  it('because the disk is full says so', async () => {
    const {storage} = faked({answers: [{argv: create, exitCode: 1, stderr: 'qemu-img: /vz/x: No space left on device\n'}]})
    await expect(storage.create(want)).rejects.toMatchObject({kind: 'unavailable', message: "storage 'local' has not enough space", nextSteps: [expect.stringContaining('pvesm list local')]})
  })

  it('because it is too large for the file system says so', async () => {
    const {storage} = faked({answers: [{argv: create, exitCode: 1, stderr: 'qemu-img: /vz/x: Could not resize file: File too large\n'}]})
    await expect(storage.create(want)).rejects.toMatchObject({kind: 'invalid-input', fields: {size: expect.any(String) as unknown}})
  })

  it('is not begun when the space cannot suffice', async () => {
    const {host, storage} = faked({space: {totalBytes: 100, usedBytes: 90, availableBytes: 10}}, {preallocation: 'full'})
    await expect(storage.create(want)).rejects.toMatchObject({kind: 'unavailable', data: {availableBytes: 10}})
    expect(host.ran).toEqual([])
  })

  it.each(['ENOSPC', 'EROFS', 'EIO', 'EACCES'])('at its first write (%s) runs nothing', async (code) => {
    const {host, storage} = faked({faults: [{operation: 'write', path: /vm-100-disk-0/, code}]})
    await expect(storage.create(want)).rejects.toMatchObject({data: {code}})
    expect(host.ran).toEqual([])
  })

  it('because it was cancelled leaves nothing behind', async () => {
    const {host, storage} = faked({answers: [{argv: create, error: new CancelledError()}]})
    await expect(storage.create(want)).rejects.toBeInstanceOf(CancelledError)
    expect(await host.files.list('/vz/images/100')).toEqual([])
  })

  it('reports the first failure when removing the rest fails as well', async () => {
    const {storage} = faked({answers: [{argv: create, exitCode: 1, stderr: 'first\n'}], faults: [{operation: 'remove', path: /./, code: 'EIO'}]})
    await expect(storage.create(want)).rejects.toThrow('first')
  })

  it('really, on a full file system, removes what it began', async ({skip}) => {
    if (process.getuid?.() !== 0) skip('mounting a small file system needs root')
    const mount = join(folder, 'small')
    await mkdir(mount)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]).status !== 0) skip('tmpfs cannot be mounted here')
    try {
      const storage = open({path: mount})
      await storage.activate()
      await writeFile(join(mount, 'filler'), Buffer.alloc(700 * 1024))
      await expect(storage.create({vmid: 100, format: 'qcow2', sizeBytes: 8 * gibibyte})).rejects.toMatchObject({kind: 'unavailable'})
      await expect(open({path: mount, preallocation: 'falloc'}).create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})).rejects.toMatchObject({kind: 'unavailable'})
      // Past our own reckoning, so that the tool is the one to run out of space.
      const blind = plugin.open({type: 'dir', storage: 'local', path: mount, preallocation: 'full'}, {
        ...localHost('h1'), files: {...localHost('h1').files, space: async () => ({totalBytes: gibibyte, usedBytes: 0, availableBytes: gibibyte})},
      }, systemClock)
      await expect(blind.create({vmid: 100, format: 'raw', sizeBytes: 2 * 1024 ** 2})).rejects.toMatchObject({kind: 'unavailable', message: "storage 'local' has not enough space"})
      expect(await storage.list(['images'])).toEqual([])
    } finally {
      spawnSync('umount', [mount])
    }
  })
})

describe('what lies in the folder', () => {
  it('is shown when it is a volume and left alone when not', async () => {
    const storage = open({content: 'images,iso,snippets'})
    await storage.activate()
    await mkdir(join(folder, 'images/100/subvol-100-disk-0.subvol'), {recursive: true})
    await mkdir(join(folder, 'images/ssss'))
    await mkdir(join(folder, 'images/100/folder.raw'))
    await writeFile(join(folder, 'images/100/broken.qcow2'), 'this is no image')
    await writeFile(join(folder, 'images/100/readme.txt'), 'x')
    await symlink('/etc/hostname', join(folder, 'template/iso/link.iso'))
    await symlink('/nowhere', join(folder, 'template/iso/dangling.iso'))
    expect((await storage.list(storage.traits.content)).map(({id, sizeBytes}) => [id.name, sizeBytes > 0])).toEqual([
      ['100/broken.qcow2', true], ['100/subvol-100-disk-0.subvol', false], ['iso/link.iso', true],
    ])
  })

  it('is not opened by QEMU when its header is broken', async () => {
    const storage = open()
    await mkdir(join(folder, 'images/100'), {recursive: true})
    await writeFile(join(folder, 'images/100/vm-100-disk-0.qcow2'), 'no image')
    await expect(storage.attach({storage: 'local', name: '100/vm-100-disk-0.qcow2'})).rejects.toMatchObject({kind: 'invalid-input'})
  })

  it('is no drive when it is a template or a snippet', () => {
    for (const name of ['vztmpl/x.tar.gz', 'snippets/x', 'backup/x.vma', 'rootdir/100', 'import/x.ova']) {
      expect(() => open().blockSource({storage: 'local', name})).toThrow(/cannot be used as a drive/)
    }
    expect(open().blockSource({storage: 'local', name: 'iso/x.img'})).toEqual({protocol: {driver: 'file', filename: `${folder}/template/iso/x.img`}, format: 'raw'})
  })

  it('goes with all that is in it when it is a container’s folder', async () => {
    await mkdir(join(folder, 'images/100/subvol-100-disk-0.subvol/etc'), {recursive: true})
    await open().remove({storage: 'local', name: '100/subvol-100-disk-0.subvol'})
    expect(await readdir(join(folder, 'images'))).toEqual([])
  })
})
