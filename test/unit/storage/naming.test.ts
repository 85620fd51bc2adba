import {describe, expect, it} from 'vitest'
import {parseArchiveName, decompressorOf} from '../../../src/lib/storage/archive-name.ts'
import {contentFolder, diskNumber, folderVolumeName, parseFolderVolumeName, volumeNameOfPath, volumePath} from '../../../src/lib/storage/naming.ts'
import {formatVolumeId, parseVolumeId} from '../../../src/lib/storage/volume-id.ts'

describe('volume ids', () => {
  it('come apart at the first colon and go together again', () => {
    for (const text of ['local:100/vm-100-disk-0.qcow2', 'a1:iso/x:y.iso', 'my.store_2-b:vm-100-disk-0']) expect(formatVolumeId(parseVolumeId(text))).toBe(text)
    expect(parseVolumeId('local:iso/x:y.iso')).toEqual({storage: 'local', name: 'iso/x:y.iso'})
  })

  it.each(['', 'local', ':x', 'local:', '-o:x', 'l:x', '1a:x', 'a b:x', 'local-:x', 'lo/cal:x', 'loc\nal:x', `${'a'.repeat(200)}:x`, 'local:a/../b', 'local:/a', 'local:a\0'])(
    'refuses %j', (text) => {
      expect(() => parseVolumeId(text)).toThrow(expect.objectContaining({kind: 'invalid-input'}) as Error)
    })

  it('never shows control characters in its refusal', () => {
    expect(() => parseVolumeId('local:\u001b[2J')).toThrow(/^[^\u001b]*$/)
  })
})

describe('names on a folder', () => {
  it.each([
    ['100/vm-100-disk-0.raw', {content: 'images', format: 'raw', vmid: 100, base: 'vm-100-disk-0.raw', isBase: false}],
    ['9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.vmdk', {content: 'images', format: 'vmdk', vmid: 100, base: 'vm-100-disk-0.vmdk', isBase: false, parent: '9000/base-9000-disk-0.qcow2'}],
    ['iso/Debian 13.ISO', {content: 'iso', format: 'iso', base: 'Debian 13.ISO', isBase: false}],
    ['vztmpl/debian-13.tar.zst', {content: 'vztmpl', format: 'tzst', base: 'debian-13.tar.zst', isBase: false}],
    ['backup/vzdump-lxc-101-2025_01_31-12_00_00.tar.zst', {content: 'backup', format: 'tar.zst', vmid: 101, base: 'vzdump-lxc-101-2025_01_31-12_00_00.tar.zst', isBase: false}],
    ['rootdir/101', {content: 'rootdir', format: 'subvol', vmid: 101, base: '101', isBase: false}],
    ['import/appliance.ova/disk 1.vmdk', {content: 'import', format: 'ova+vmdk', base: 'appliance.ova/disk 1.vmdk', isBase: false}],
    ['import/disk.qcow2', {content: 'import', format: 'qcow2', base: 'disk.qcow2', isBase: false}],
  ])('%s', (name, expected) => {
    expect(parseFolderVolumeName(name)).toEqual(expected)
  })

  it.each([
    '100/vm-100-disk-0', '0/vm-0-disk-0.raw', '0100/vm-100-disk-0.raw', '100/a b.raw', '100/x.vhdx', '100/vm-100-disk-0.raw/extra', '100/a.raw/200/b.raw',
    '9000/base-9000-disk-0.raw/100', 'iso/a/b.iso', 'iso/x.img.txt', 'vztmpl/x.tgz', 'backup/x', 'backup/x.vma.xz', 'snippets/a/b', 'import/x.iso', 'import/ü.raw', 'images/100/x.raw', 'unknown/x',
  ])('refuses %s', (name) => {
    expect(() => parseFolderVolumeName(name)).toThrow(/is not the name of a volume/)
  })

  it('say where the file lies, and the file says its name', () => {
    const layout = {path: '/srv/x', contentDirs: {iso: 'isos', backup: 'deep/er'}}
    for (const [name, path] of [
      ['100/vm-100-disk-0.raw', '/srv/x/images/100/vm-100-disk-0.raw'], ['iso/a.iso', '/srv/x/isos/a.iso'], ['rootdir/101', '/srv/x/private/101'],
      ['backup/a.vma', '/srv/x/deep/er/a.vma'], ['vztmpl/a.tar.gz', '/srv/x/template/cache/a.tar.gz'],
    ] as const) {
      const parsed = parseFolderVolumeName(name)
      expect(volumePath(layout, parsed)).toBe(path)
      expect(folderVolumeName(parsed)).toBe(name)
      expect(volumeNameOfPath(layout, path)?.name).toBe(name)
    }
    expect(volumeNameOfPath(layout, '/srv/x/template/iso/a.iso')).toBeUndefined()
    expect(volumeNameOfPath(layout, '/srv/xx/isos/a.iso')).toBeUndefined()
    expect(volumeNameOfPath(layout, '/srv/x/isos/../../../etc/passwd.iso')).toBeUndefined()
    expect(() => contentFolder({}, 'iso')).toThrow('no path')
  })

  it('number the disks of a guest', () => {
    expect(['vm-100-disk-3.raw', 'base-100-disk-4.qcow2', 'vm-100-disk-5', 'vm-1001-disk-6.raw', 'vm-100-cloudinit.raw', 'vm-100-disk-x.raw'].map((base) => diskNumber(base, 100)))
      .toEqual([3, 4, 5, undefined, undefined, undefined])
  })
})

describe('names of backups', () => {
  it('hold the guest and the local time', () => {
    const info = parseArchiveName('/some/where/vzdump-qemu-100-2025_01_31-12_00_05.vma.zst')
    expect(info).toMatchObject({guestType: 'qemu', format: 'vma', compression: 'zst', isStandard: true, vmid: 100, logFileName: 'vzdump-qemu-100-2025_01_31-12_00_05.log'})
    expect(info.createdAtMs).toBe(new Date(2025, 0, 31, 12, 0, 5).getTime())
    expect(decompressorOf(info)).toEqual(['zstd', '-q', '-d', '-c'])
  })

  it('may be anything behind the kind of guest', () => {
    expect(parseArchiveName('vzdump-lxc-mine.tar')).toEqual({fileName: 'vzdump-lxc-mine.tar', guestType: 'lxc', format: 'tar', isStandard: false})
  })

  it.each(['x.vma', 'vzdump-none-100-2025_01_31-12_00_05.vma', 'vzdump-qemu-100-2025_01_31-12_00_05.vma.xz', 'vzdump-qemu-.vma', 'vzdump-qemu-100-2025_01_31-12_00_05.vma.zst -o'])('refuse %s', (name) => {
    expect(() => parseArchiveName(name)).toThrow(/not the name of a backup/)
  })
})
