// What a disk or partition holds, told by its signature. The places are those of the formats' descriptions, and of wipefs(8), which looks for the same.
import type {DiskBytes} from './disk-bytes.ts'
import {bytesAt} from './disk-bytes.ts'

interface Signature { readonly holds: string; readonly offset: number; readonly bytes: string }

/** In the order in which they are believed: what lies around a file system (encryption, volume groups, RAID) before what may be left of an older one. */
const signatures: readonly Signature[] = [
  {holds: 'luks', offset: 0, bytes: 'LUKS\xba\xbe'},
  ...[0, 512, 1024, 1536].map((offset) => ({holds: 'lvm', offset, bytes: 'LABELONE'})),
  {holds: 'raid', offset: 4096, bytes: '\xfc\x4e\x2b\xa9'},
  {holds: 'raid', offset: 0, bytes: '\xfc\x4e\x2b\xa9'},
  {holds: 'xfs', offset: 0, bytes: 'XFSB'},
  {holds: 'btrfs', offset: 65_536 + 64, bytes: '_BHRfS_M'},
  {holds: 'ext', offset: 1024 + 56, bytes: '\x53\xef'},
  {holds: 'ntfs', offset: 3, bytes: 'NTFS    '},
  {holds: 'bitlocker', offset: 3, bytes: '-FVE-FS-'},
  {holds: 'exfat', offset: 3, bytes: 'EXFAT   '},
  {holds: 'vfat', offset: 82, bytes: 'FAT32   '},
  {holds: 'vfat', offset: 54, bytes: 'FAT16   '},
  {holds: 'vfat', offset: 54, bytes: 'FAT12   '},
  {holds: 'swap', offset: 4086, bytes: 'SWAPSPACE2'},
  {holds: 'squashfs', offset: 0, bytes: 'hsqs'},
  {holds: 'iso9660', offset: 32_769, bytes: 'CD001'},
]
const lookedAtBytes = 128 * 1024
/** Of ext: the bits of a journal, and of what ext3 does not have (extents, 64 bits, flexible groups). */
const ext = {compatible: 1024 + 92, incompatible: 1024 + 96, journal: 0x4, ofExt4: 0x40 | 0x80 | 0x200} as const

/** @returns `ext4`, `xfs`, `lvm` …; undefined for what is not known */
export async function fileSystemOn(disk: DiskBytes): Promise<string | undefined> {
  const start = await bytesAt(disk, 0, lookedAtBytes)
  const found = signatures.find(({offset, bytes}) => start.toString('latin1', offset, offset + bytes.length) === bytes)?.holds
  return found === 'ext' ? extKind(start) : found
}

function extKind(start: Buffer): string {
  if ((start.readUInt32LE(ext.incompatible) & ext.ofExt4) !== 0) return 'ext4'
  return (start.readUInt32LE(ext.compatible) & ext.journal) !== 0 ? 'ext3' : 'ext2'
}
