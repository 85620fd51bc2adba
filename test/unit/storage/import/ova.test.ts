import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {parseDigests} from '../../../../src/lib/storage/import/digests.ts'
import {convertArgv} from '../../../../src/lib/storage/convert-image.ts'
import {readImageFile} from '../../../../src/lib/storage/image-file-source.ts'
import {ovaImagePart, ovaManifest, ovaMember, readOvaMembers, readOvaText} from '../../../../src/lib/storage/import/ova.ts'
import {paxRecord, tarArchive} from '../../../support/tar-archive.ts'
import type {TarEntry} from '../../../support/tar-archive.ts'

let folder: string
const host = localHost('h1')

beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'corral-ova-')) })
afterAll(() => rm(folder, {recursive: true, force: true}))

async function membersOf(archive: Buffer) {
  const path = join(folder, 'x.ova')
  await writeFile(path, archive)
  return readOvaMembers(host, path)
}

describe('an OVA', () => {
  it('tells what lies where in it', async () => {
    const members = await membersOf(tarArchive([{name: './x.ovf', data: '<é/>'}, {name: 'disk1.vmdk', data: Buffer.alloc(1000, 1)}]))
    expect(members).toEqual([{name: 'x.ovf', offsetBytes: 512, sizeBytes: 5}, {name: 'disk1.vmdk', offsetBytes: 1536, sizeBytes: 1000}])
    expect(await readOvaText(host, join(folder, 'x.ova'), ovaManifest(members))).toBe('<é/>')
    expect(() => ovaMember(members, 'disk2.vmdk')).toThrow("no file 'disk2.vmdk'")
  })

  it.each(['ustar', 'gnu', 'pax', 'posix'])('that tar writes as %s is read', async (format) => {
    await writeFile(join(folder, 'a.ovf'), 'manifest')
    await writeFile(join(folder, 'a.vmdk'), Buffer.alloc(70_000, 7))
    const path = join(folder, `${format}.ova`)
    await host.run(['tar', `--format=${format}`, '-cf', path, 'a.ovf', 'a.vmdk'], {cwd: folder})
    const members = await readOvaMembers(host, path)
    expect(members.map(({name, sizeBytes}) => [name, sizeBytes])).toEqual([['a.ovf', 8], ['a.vmdk', 70_000]])
    expect(await readOvaText(host, path, ovaManifest(members))).toBe('manifest')
  })

  it('takes sizes beyond eight gigabytes in both ways of writing them', async () => {
    const size = Buffer.alloc(12)
    size[0] = 0x80
    size.writeBigUInt64BE(9n * 1024n ** 3n, 4)
    await expect(membersOf(tarArchive([{name: 'a.ovf', patch: {124: size}}]))).rejects.toThrow("'a.ovf' should have 9663676416 bytes")
    await expect(membersOf(tarArchive([{name: 'p', type: 'x', data: paxRecord('size', String(9 * 1024 ** 3))}, {name: 'a.ovf'}]))).rejects.toThrow("'a.ovf' should have 9663676416 bytes")
  })

  const refused: readonly (readonly [string, readonly TarEntry[], string])[] = [
    ['a symbolic link', [{name: 'a.vmdk', type: '2', link: '/etc/shadow'}], 'a symbolic link'],
    ['a hard link', [{name: 'a.vmdk', type: '1', link: '../x'}], 'a hard link'],
    ['a device', [{name: 'a.vmdk', type: '4'}], 'a device'],
    ['a pipe', [{name: 'a.vmdk', type: '6'}], 'a pipe'],
    ['a folder', [{name: 'a/', type: '5'}], 'a folder'],
    ['a sparse file', [{name: 'a.vmdk', type: 'S'}], 'a sparse file'],
    ['a long name', [{name: '././@LongLink', type: 'L', data: '../../etc/cron.d/x\0'}], "GNU tar's long name"],
    ['a header for all', [{name: 'g', type: 'g', data: paxRecord('path', '../x')}], 'a header for all members'],
    ['another name by pax', [{name: 'x', type: 'x', data: paxRecord('path', '../x')}, {name: 'a.ovf'}], "extended header 'path'"],
    ['holes by pax', [{name: 'x', type: 'x', data: paxRecord('GNU.sparse.major', '1')}, {name: 'a.ovf'}], "extended header 'GNU.sparse.major'"],
    ['a damaged pax record', [{name: 'x', type: 'x', data: '99 path=x\n'}, {name: 'a.ovf'}], 'extended header of the archive is damaged'],
    ['a negative size by pax', [{name: 'x', type: 'x', data: paxRecord('size', '-1')}, {name: 'a.ovf'}], "the size '-1'"],
    ['a huge pax header', [{name: 'x', type: 'x', data: Buffer.alloc(70_000)}], 'larger than 64 KiB'],
    ['a way out', [{name: '../a.ovf'}], 'no plain name'],
    ['an absolute name', [{name: '/etc/passwd'}], 'no plain name'],
    ['a name in a folder', [{name: 'a/b.ovf'}], 'no plain name'],
    ['a folder by the prefix', [{name: 'b.ovf', patch: {345: '..'}}], 'no plain name'],
    ['a name like an option', [{name: '-rf'}], 'no plain name'],
    ['a name with a comma', [{name: 'a,file=x.vmdk'}], 'no plain name'],
    ['a name with a line end', [{name: 'a\nb'}], 'no plain name'],
    ['no name', [{name: ''}], 'no plain name'],
    ['a name twice', [{name: 'a.ovf'}, {name: 'a.ovf'}], "'a.ovf' twice"],
    ['a file that is a link as well', [{name: 'a.ovf', link: 'b'}], 'a link as well'],
    ['a size beyond the end', [{name: 'a.ovf', size: 5_000_000}], 'cut off'],
    ['a wrong checksum', [{name: 'a.ovf', checksum: 5}], 'checksum'],
    ['a size that is no number', [{name: 'a.ovf', patch: {124: '-0000000001'}}], 'is none'],
    ['a size out of reach', [{name: 'a.ovf', patch: {124: Buffer.alloc(12, 0xff)}}], 'no file system can hold'],
    ['another format', [{name: 'a.ovf', patch: {257: 'xxxxxx'}}], 'format ustar'],
    ['an unknown kind', [{name: 'a.ovf', type: 'Z'}], 'unknown kind'],
    ['nothing', [], 'is empty'],
    ['too many files', Array.from({length: 600}, (_, number) => ({name: `f${number}`})), 'more than 256'],
  ]
  it.each(refused)('with %s is refused', async (_, entries, reason) => {
    await expect(membersOf(tarArchive(entries))).rejects.toThrow(reason)
  })

  it('that is no tar archive is refused', async () => {
    await expect(membersOf(Buffer.from('\x1f\x8b'.padEnd(2048, 'x')))).rejects.toThrow('no tar archive')
    await expect(membersOf(Buffer.from('short'))).rejects.toThrow('cut off')
  })

  it('has one manifest, which is a text', async () => {
    const members = await membersOf(tarArchive([{name: 'a.ovf', data: '\xff'}, {name: 'b.OVF'}]))
    expect(() => ovaManifest(members)).toThrow("two manifests, 'a.ovf' and 'b.OVF'")
    expect(() => ovaManifest([])).toThrow('no manifest')
    const path = join(folder, 'latin.ova')
    await writeFile(path, tarArchive([{name: 'a.ovf', data: Buffer.from([0xff, 0xfe])}]))
    await expect(readOvaText(host, path, ovaManifest(await readOvaMembers(host, path)))).rejects.toThrow('no UTF-8')
  })
})

describe('digests', () => {
  it('are read', () => {
    const text = `SHA256(a b.vmdk)= ${'aB'.repeat(32)}\r\nSHA1 (x.ovf) = ${'0'.repeat(40)}\n\n`
    expect([...parseDigests(text)]).toEqual([['a b.vmdk', {algorithm: 'sha256', hex: 'ab'.repeat(32)}], ['x.ovf', {algorithm: 'sha1', hex: '0'.repeat(40)}]])
  })

  it.each([
    ['MD5(a)= 00', 'a line that is none'], [`SHA1(a)= ${'0'.repeat(64)}`, 'a line that is none'], ['x', 'a line that is none'],
    [`SHA1(a)= ${'0'.repeat(40)}\nSHA1(a)= ${'1'.repeat(40)}`, "two for 'a'"], ['SHA1(a)= 0\n'.repeat(2000), 'more than 1024'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseDigests(text)).toThrow(reason)
  })
})

describe('an image in an archive', () => {
  const make = async (name: string, ...options: readonly string[]) => {
    await host.run(['qemu-img', 'create', '-q', ...options, '-f', name.endsWith('.vmdk') ? 'vmdk' : name.endsWith('.raw') ? 'raw' : 'qcow2', '--', join(folder, name), '1M'])
    const path = join(folder, `${name}.ova`)
    await host.run(['tar', '-cf', path, name], {cwd: folder})
    const part = ovaImagePart(ovaMember(await readOvaMembers(host, path), name))
    return {path, format: name.endsWith('.vmdk') ? 'vmdk' : name.endsWith('.raw') ? 'raw' : 'qcow2', part} as const
  }

  it.each(['a.vmdk', 'a.raw', 'a.qcow2'])('is read where it lies: %s', async (name) => {
    const {path, format, part} = await make(name)
    expect(await readImageFile(path, host, format, part)).toEqual({path, format, sizeBytes: 1024 * 1024})
    expect(part.sizeBytes % 512).toBe(0)
    const target = join(folder, `${name}.out`)
    await host.run(['qemu-img', 'create', '-q', '-f', 'raw', target, '1M'])
    const argv = convertArgv({source: {path, format, standsAlone: true, part}, target: {format: 'raw', path: target}})
    await host.run(argv)
  })

  it('that leads elsewhere is refused', async () => {
    const refusal = async ({path, format, part}: Awaited<ReturnType<typeof make>>) => readImageFile(path, host, format, part)
    await make('base.vmdk')
    await expect(refusal(await make('child.vmdk', '-b', join(folder, 'base.vmdk'), '-F', 'vmdk'))).rejects.toThrow('stands on another file')
    await make('base.qcow2')
    await expect(refusal(await make('child.qcow2', '-b', join(folder, 'base.qcow2'), '-F', 'qcow2'))).rejects.toThrow('stands on another file')
    await expect(refusal(await make('data.qcow2', '-o', `data_file=${join(folder, 'x.raw')}`))).rejects.toThrow('keeps its data in another file')
    await expect(refusal(await make('flat.vmdk', '-o', 'subformat=monolithicFlat'))).rejects.toThrow('in one piece')
  })
})
