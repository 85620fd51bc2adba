import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import {formatDriveText, isCdromText, parseDriveText, volumeOf} from '../../../../../src/lib/guest/qemu/drives/drive-text.ts'
import {readDriveSource} from '../../../../../src/lib/guest/qemu/drives/drive-source.ts'
import {volumeOwner} from '../../../../../src/lib/guest/volume-owner.ts'

const gib = 1024 ** 3

describe('what a drive option asks for', () => {
  it('is a new volume when a size stands there', () => {
    expect(readDriveSource('scsi0', 'local:32')).toEqual({kind: 'new', storage: 'local', sizeBytes: 32 * gib})
    // Whole KiB, rounded up.
    expect(readDriveSource('scsi0', 'local:0.1')).toEqual({kind: 'new', storage: 'local', sizeBytes: 104_860 * 1024})
    expect(readDriveSource('scsi0', 'local:0.5')).toEqual({kind: 'new', storage: 'local', sizeBytes: gib / 2})
  })

  it('is a volume, a path or an empty tray otherwise', () => {
    expect(readDriveSource('ide2', 'local:iso/debian.iso')).toEqual({kind: 'volume'})
    expect(readDriveSource('scsi0', 'local:100/vm-100-disk-0.raw')).toEqual({kind: 'volume'})
    expect(readDriveSource('scsi0', '/dev/disk/by-id/x')).toEqual({kind: 'path'})
    expect(readDriveSource('ide2', 'none')).toEqual({kind: 'empty'})
    expect(readDriveSource('ide2', 'cdrom')).toEqual({kind: 'empty'})
  })

  it.each(['', '8', 'local:', 'local:0', 'local:0.0', 'local:99999999', 'local:9007199254740993', `local:${'9'.repeat(60)}`, '-1', '1e9', 'a b:1'])('refuses %j', (file) => {
    expect(() => readDriveSource('scsi0', file)).toThrow(InvalidInputError)
    expect(() => readDriveSource('scsi0', file)).toThrow(/^scsi0: /)
  })
})

describe('the text of a drive', () => {
  it('is taken apart and put together again', () => {
    const drive = parseDriveText('size=4G,file=nfs:120/vm-120-disk-0.qcow2,iothread=1')
    expect(drive).toEqual({file: 'nfs:120/vm-120-disk-0.qcow2', options: {size: '4G', iothread: '1'}})
    expect(formatDriveText(drive)).toBe('nfs:120/vm-120-disk-0.qcow2,iothread=1,size=4G')
    expect(parseDriveText('volume=local:1')).toEqual({file: 'local:1', options: {}})
  })

  it('tells CDs and volumes', () => {
    expect(isCdromText(parseDriveText('none'))).toBe(true)
    expect(isCdromText(parseDriveText('local:iso/x.iso,media=cdrom'))).toBe(true)
    expect(volumeOf(parseDriveText('local:iso/x.iso,media=cdrom'))).toBe('local:iso/x.iso')
    expect(volumeOf(parseDriveText('/dev/sdb'))).toBeUndefined()
    expect(volumeOf(parseDriveText('none'))).toBeUndefined()
  })
})

it('the owner of a volume is told by its name', () => {
  expect(volumeOwner('local:100/vm-100-disk-0.raw')).toBe(100)
  expect(volumeOwner('local:100/by-hand.raw')).toBe(100)
  expect(volumeOwner('local:9000/base-9000-disk-0.qcow2/101/vm-101-disk-0.qcow2')).toBe(101)
  expect(volumeOwner('lvm:vm-120-disk-0')).toBe(120)
  expect(volumeOwner('zfs:base-9000-disk-0/vm-101-disk-0')).toBe(101)
  expect(volumeOwner('local:iso/vm-100-disk.iso')).toBeUndefined()
  expect(volumeOwner('local:iso/debian.iso')).toBeUndefined()
  expect(volumeOwner('local:backup/vzdump-qemu-100-2025_01_01-00_00_00.vma')).toBeUndefined()
})
