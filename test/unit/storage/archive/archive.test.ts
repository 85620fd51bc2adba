// What is read from the beginning of backups: configurations of virtual machines (VMA) and of containers (tar), from good archives and bad ones.
import {spawnSync} from 'node:child_process'
import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {archivedConfig} from '../../../../src/lib/storage/archive/archived-config.ts'
import {findInTar} from '../../../../src/lib/storage/archive/tar-beginning.ts'
import {parseVmaHeader, vmaHeaderBytes} from '../../../../src/lib/storage/archive/vma-header.ts'
import {tarArchive} from '../../../support/tar-archive.ts'
import {vmaHeader} from '../../../support/vma-archive.ts'

const config = 'cores: 2\nmemory: 512\nscsi0: local:100/vm-100-disk-0.raw,size=1G\n'
const good = {configs: [{name: 'qemu-server.conf', text: config}, {name: 'qemu-server.fw', text: ''}], disks: [{name: 'drive-scsi0', sizeBytes: 1024 ** 3}]}

describe('the header of a VMA archive', () => {
  it('tells the configuration and the disks', () => {
    const header = vmaHeader(good)
    expect(vmaHeaderBytes(header.subarray(0, 12_288))).toBe(header.length)
    const {configs, disks, uuid, createdAtMs} = parseVmaHeader(header)
    expect(configs.map(({name, data}) => [name, data.toString()])).toEqual([['qemu-server.conf', config], ['qemu-server.fw', '']])
    expect(disks).toEqual([{number: 1, name: 'drive-scsi0', sizeBytes: 1024 ** 3}])
    expect([uuid, createdAtMs]).toEqual(['abababab-abab-abab-abab-abababababab', 1_738_324_800_000])
  })

  it.each<[string, (header: Buffer) => void]>([
    ['of another version', (header) => header.writeUInt32BE(2, 4)],
    ['larger than it is', (header) => header.writeUInt32BE(header.length + 512, 56)],
    ['of a size beyond all measure', (header) => header.writeUInt32BE(0xffffffff, 56)],
    ['with names outside', (header) => header.writeUInt32BE(0xffffff, 2044)],
    ['with a configuration that reaches outside', (header) => header.writeUInt16LE(0xffff, 12_288 + header.readUInt32BE(3068))],
    ['with its names before it', (header) => header.writeUInt32BE(4, 48)],
    ['with a disk of 2^63 bytes', (header) => header.writeBigUInt64BE(1n << 63n, 4096 + 32 + 8)],
    ['with the same file twice', (header) => header.copy(header, 2048, 2044, 2048)],
    ['with a path for a name', (header) => header.write('../../../passwd_', 12_288 + header.readUInt32BE(2044) + 2)],
  ])('%s is refused', (_about, spoil) => {
    expect(() => parseVmaHeader(vmaHeader({...good, spoil}))).toThrow(/VMA archive/)
  })

  it('that was changed afterwards, or is cut off, is refused', () => {
    const header = vmaHeader(good)
    header[12_300] = (header[12_300] ?? 0) ^ 1
    expect(() => parseVmaHeader(header)).toThrow('checksum')
    expect(() => parseVmaHeader(vmaHeader(good).subarray(0, 12_300))).toThrow('cut off')
    expect(() => vmaHeaderBytes(Buffer.alloc(12_288))).toThrow('no VMA archive')
  })
})

describe('the beginning of a tar archive', () => {
  const name = 'etc/vzdump/pct.conf'
  const archive = tarArchive([{name: './etc/vzdump/', type: '5'}, {name: `./${name}`, data: Buffer.from('arch: amd64\n')}, {name: './big', data: Buffer.alloc(4096)}])

  it('holds a file by its name', () => {
    expect(findInTar(archive, name, 1024).data?.toString()).toBe('arch: amd64\n')
    expect(findInTar(archive, 'other', 1024)).toEqual({isOver: true})
    expect(findInTar(archive.subarray(0, 1030), name, 1024)).toEqual({isOver: false})
  })

  it('is not believed when it says too much', () => {
    expect(() => findInTar(archive, name, 4)).toThrow('which no configuration has')
    expect(() => findInTar(Buffer.alloc(1024, 1), name, 4)).toThrow('no tar archive')
    const link = tarArchive([{name, type: '2', link: '/etc/shadow'}])
    expect(findInTar(link, name, 1024)).toEqual({isOver: true})
  })
})

describe('pvesm extractconfig', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'corral-archive-')) })
  afterEach(() => rm(folder, {recursive: true, force: true}))
  const context = {host: localHost('h1'), signal: new AbortController().signal}
  const packed = (program: readonly string[], data: Buffer) => spawnSync(program[0] ?? '', program.slice(1), {input: data, maxBuffer: 1024 ** 3}).stdout
  const read = async (fileName: string, data: Buffer) => {
    await writeFile(join(folder, fileName), data)
    return archivedConfig(join(folder, fileName), context)
  }

  it.each([['', ['cat']], ['.gz', ['gzip', '-c']], ['.zst', ['zstd', '-q', '-c']], ['.lzo', ['lzop', '-c']]] as const)('reads archives of machines (vma%s)', async (ending, program) => {
    // What follows the header is not looked at.
    const data = packed(program, Buffer.concat([vmaHeader(good), Buffer.alloc(8 * 1024 ** 2, 7)]))
    expect(await read(`vzdump-qemu-100-2025_01_31-12_00_00.vma${ending}`, data)).toBe(config)
  })

  it.each([['.tar', ['cat']], ['.tar.zst', ['zstd', '-q', '-c']], ['.tgz', ['gzip', '-c']]] as const)('reads archives of containers (%s)', async (ending, program) => {
    await mkdir(join(folder, 'etc/vzdump'), {recursive: true})
    await writeFile(join(folder, 'etc/vzdump/pct.conf'), 'arch: amd64\nrootfs: local:101/vm-101-disk-0.raw\n')
    const tar = spawnSync('tar', ['-C', folder, '-cf', '-', './etc/vzdump/pct.conf', './etc'], {maxBuffer: 1024 ** 2}).stdout
    expect(await read(`vzdump-lxc-101-2025_01_31-12_00_00${ending}`, packed(program, tar))).toBe('arch: amd64\nrootfs: local:101/vm-101-disk-0.raw\n')
  })

  it('is not filled up by an archive that grows', async () => {
    const bomb = packed(['zstd', '-q', '-c'], Buffer.alloc(256 * 1024 ** 2))
    const before = process.memoryUsage().rss
    await expect(read('vzdump-qemu-100-2025_01_31-12_00_00.vma.zst', bomb)).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(read('vzdump-lxc-100-2025_01_31-12_00_00.tar.zst', bomb)).rejects.toMatchObject({kind: 'invalid-input'})
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 ** 2)
  })

  it('says what is wrong with others', async () => {
    await expect(read('vzdump-qemu-100-2025_01_31-12_00_00.vma.zst', vmaHeader(good))).rejects.toMatchObject({kind: 'invalid-input', message: expect.stringContaining('cannot be read') as string})
    await expect(read('vzdump-qemu-100-2025_01_31-12_00_00.vma', Buffer.alloc(0))).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(read('vzdump-qemu-100-2025_01_31-12_00_00.vma', vmaHeader({configs: [{name: 'x', text: ''}]}))).rejects.toMatchObject({cause: {message: 'it holds no qemu-server.conf'}})
    await expect(read('vzdump-lxc-101-2025_01_31-12_00_00.tar', tarArchive([{name: 'etc/hostname', data: Buffer.from('x')}]))).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(archivedConfig(join(folder, 'vzdump-qemu-100-2025_01_31-12_00_01.vma'), context)).rejects.toMatchObject({kind: 'not-found'})
    await symlink('/dev/zero', join(folder, 'vzdump-qemu-100-2025_01_31-12_00_02.vma'))
    await expect(archivedConfig(join(folder, 'vzdump-qemu-100-2025_01_31-12_00_02.vma'), context)).rejects.toMatchObject({kind: 'not-found'})
  })
})
