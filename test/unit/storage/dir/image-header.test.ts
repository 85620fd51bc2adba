import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {checkBacking} from '../../../../src/lib/storage/dir/backing.ts'
import {headerBytes, parseImageHeader} from '../../../../src/lib/storage/dir/image-header.ts'
import {randomSource, scaledCount} from '../../../support/rounds.ts'

const host = localHost('h1')
let images: string
beforeAll(async () => {
  images = await mkdtemp(join(tmpdir(), 'corral-images-'))
  for (const owner of ['100', '900']) await host.files.makeDirectory(join(images, owner))
})
afterAll(() => rm(images, {recursive: true, force: true}))

const make = async (path: string, ...words: string[]): Promise<string> => {
  const format = path.endsWith('.vmdk') ? 'vmdk' : path.endsWith('.raw') ? 'raw' : 'qcow2'
  await host.run(['qemu-img', 'create', '-q', '-f', format, ...words.filter((word) => !/^\d+[KMGT]$/.test(word)), '--', join(images, path), ...words.filter((word) => /^\d+[KMGT]$/.test(word))])
  return join(images, path)
}
const header = async (path: string) => parseImageHeader(path.endsWith('.vmdk') ? 'vmdk' : 'qcow2', await host.files.readAt(join(images, path), 0, headerBytes))
const check = (path: string) => checkBacking(host, join(images, path), path.endsWith('.vmdk') ? 'vmdk' : 'qcow2', images)

describe('headers that QEMU wrote', () => {
  it.each([
    ['v3.qcow2', [], '5G', 5 * 1024 ** 3], ['v2.qcow2', ['-o', 'compat=0.10'], '64K', 65_536], ['small.qcow2', ['-o', 'cluster_size=512'], '1M', 1_048_576],
    ['m.vmdk', [], '3G', 3 * 1024 ** 3], ['s.vmdk', ['-o', 'subformat=streamOptimized'], '3G', 3 * 1024 ** 3],
  ] as const)('%s', async (name, options, size, bytes) => {
    await make(name, ...options, size)
    expect(await header(name)).toEqual({virtualSizeBytes: bytes, hasExternalData: false})
  })

  it('name their backing file and its format', async () => {
    await make('900/base-900-disk-0.qcow2', '1M')
    await make('100/clone.qcow2', '-b', '../900/base-900-disk-0.qcow2', '-F', 'qcow2')
    expect(await header('100/clone.qcow2')).toEqual({virtualSizeBytes: 1_048_576, backing: '../900/base-900-disk-0.qcow2', backingFormat: 'qcow2', hasExternalData: false})
    await check('100/clone.qcow2')
    await make('100/vm.vmdk', '1M')
    await make('100/clone.vmdk', '-b', join(images, '100/vm.vmdk'), '-F', 'vmdk')
    expect((await header('100/clone.vmdk')).backing).toBe(join(images, '100/vm.vmdk'))
  })
})

describe('images that lead elsewhere', () => {
  it.each([
    ['a file of the host', '/etc/passwd', 'raw'], ['a relative way out', '../../../etc/passwd.raw', 'raw'], ['an address', 'nbd://127.0.0.1:1/x', 'raw'],
    ['options', 'json:{"driver":"file","filename":"/etc/passwd"}', 'raw'], ['a protocol', 'file:/etc/passwd', 'raw'],
  ])('are refused: %s', async (_, backing, format) => {
    await make('100/evil.qcow2', '-u', '-b', backing, '-F', format, '1M')
    await expect(check('100/evil.qcow2')).rejects.toMatchObject({kind: 'forbidden', message: expect.stringContaining('no disk of this storage') as unknown})
  })

  it('are refused: a base of another format than its name says', async () => {
    await make('900/base.qcow2', '1M')
    await make('100/mixed.qcow2', '-u', '-b', '../900/base.qcow2', '-F', 'raw', '1M')
    await expect(check('100/mixed.qcow2')).rejects.toMatchObject({kind: 'forbidden'})
  })

  it('are refused: a raw base of which the image does not say that it is raw', async () => {
    await make('900/base.raw', '1M')
    await make('100/named.qcow2', '-u', '-b', '../900/base.raw', '-F', 'raw', '1M')
    await expect(check('100/named.qcow2')).resolves.toBeUndefined()
    // qemu-img makes no such image any more: the extension that names the format (0xE2792ACA) is renamed to one that nobody knows.
    const path = join(images, '100/named.qcow2')
    const bytes = await host.files.read(path, 16 * 1024 * 1024)
    const extension = bytes.indexOf(Buffer.from([0xE2, 0x79, 0x2A, 0xCA]))
    expect(extension).toBeGreaterThan(0)
    bytes[extension] = 0x11
    await host.files.write(path, bytes)
    await expect(check('100/named.qcow2')).rejects.toMatchObject({kind: 'forbidden', message: expect.stringContaining('guess') as unknown})
  })

  it('are refused: the data lies in another file', async () => {
    await make('100/ext.qcow2', '-o', `data_file=${join(images, 'data.raw')}`, '1M')
    expect((await header('100/ext.qcow2')).hasExternalData).toBe(true)
    await expect(check('100/ext.qcow2')).rejects.toMatchObject({kind: 'forbidden', message: expect.stringContaining('another file') as unknown})
  })

  it('are refused: a chain that bites its tail, or a second link that leads out', async () => {
    await make('100/loop.qcow2', '-u', '-b', 'loop.qcow2', '-F', 'qcow2', '1M')
    await expect(check('100/loop.qcow2')).rejects.toMatchObject({kind: 'conflict'})
    await make('900/middle.qcow2', '-u', '-b', '/etc/shadow', '-F', 'raw', '1M')
    await make('100/top.qcow2', '-u', '-b', '../900/middle.qcow2', '-F', 'qcow2', '1M')
    await expect(check('100/top.qcow2')).rejects.toMatchObject({kind: 'forbidden', message: expect.stringContaining('/etc/shadow') as unknown})
  })

  it('are refused: a VMDK that is a description of extents', async () => {
    await host.files.write(join(images, '100/text.vmdk'), '# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 2048 FLAT "/etc/passwd" 0\n')
    await expect(header('100/text.vmdk')).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(check('100/text.vmdk')).rejects.toMatchObject({kind: 'invalid-input'})
  })
})

describe('headers that nobody wrote', () => {
  it('are refused: a VMDK whose description lies where we do not look for the parent that it names', async () => {
    const bytes = await host.files.read(await make('moved.vmdk', '1M'))
    const found = parseImageHeader('vmdk', bytes.subarray(0, headerBytes))
    expect(found.backing).toBeUndefined()
    for (const sector of [200n, 2n ** 60n]) {
      bytes.writeBigUInt64LE(sector, 28)
      expect(() => parseImageHeader('vmdk', bytes.subarray(0, headerBytes))).toThrow('not at its beginning')
    }
  })

  it('are refused or read, never more', async () => {
    const random = randomSource('image headers')
    await make('seed.qcow2', '-u', '-b', 'x.qcow2', '-F', 'qcow2', '1M')
    await make('seed.vmdk', '1M')
    const seeds = {qcow2: await host.files.readAt(join(images, 'seed.qcow2'), 0, headerBytes), vmdk: await host.files.readAt(join(images, 'seed.vmdk'), 0, headerBytes)}
    for (let round = 0; round < scaledCount(2000); round++) {
      const format = random.next() < 0.5 ? 'qcow2' : 'vmdk'
      const bytes = Buffer.from(seeds[format].subarray(0, random.between(0, 4096)))
      for (let change = 0; change < 4 && bytes.length > 0; change++) bytes[random.between(0, Math.min(bytes.length - 1, 128))] = random.between(0, 255)
      try {
        expect(parseImageHeader(format, bytes).virtualSizeBytes).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
      } catch (error) {
        expect(error).toMatchObject({kind: 'invalid-input'})
      }
    }
  })
})
