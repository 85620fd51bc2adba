// What the name of a backup archive says: `vzdump-qemu-100-2025_01_31-12_00_00.vma.zst` (vzdump(1), "BACKUP FILE NAMES"). Pure.
import {InvalidInputError} from '../base/index.ts'

export type ArchiveFormat = 'tar' | 'vma'
export type ArchiveCompression = 'gz' | 'lzo' | 'zst' | 'bz2'

export interface ArchiveInfo {
  readonly fileName: string
  readonly guestType: 'lxc' | 'openvz' | 'qemu'
  readonly format: ArchiveFormat
  readonly compression?: ArchiveCompression
  /** Whether the name has a guest and a time in it, as vzdump writes them. Only such archives are pruned. */
  readonly isStandard: boolean
  readonly vmid?: number
  readonly createdAtMs?: number
  /** The log and the notes that lie beside it. */
  readonly logFileName?: string
  readonly notesFileName?: string
}

const extension = String.raw`(tgz|(?:tar|vma)(?:\.(?:gz|lzo|zst|bz2))?)`
const anyArchive = new RegExp(`^(vzdump-(lxc|openvz|qemu)-[^/]+)\\.${extension}$`)
const standardStem = /^vzdump-(?:lxc|openvz|qemu)-(\d{1,9})-(\d{4})_(\d\d)_(\d\d)-(\d\d)_(\d\d)_(\d\d)$/

/** How a compressed stream becomes plain. tar takes the compressor as its own option; for vma it runs in front. */
const tarOptions = {gz: '-z', lzo: '--lzop', zst: '--zstd', bz2: '--bzip2'} as const
const vmaDecompressors = {gz: ['zcat'], lzo: ['lzop', '-d', '-c'], zst: ['zstd', '-q', '-d', '-c'], bz2: ['bzcat', '-q']} as const

/**
 * @param path the archive's path or name; only the last part counts
 * @throws InvalidInputError when it is not the name of a backup archive
 */
export function parseArchiveName(path: string): ArchiveInfo {
  const fileName = path.slice(path.lastIndexOf('/') + 1)
  const match = anyArchive.exec(fileName)
  if (match === null) {
    throw new InvalidInputError(`'${fileName.slice(0, 80)}' is not the name of a backup; those are like vzdump-qemu-100-2025_01_31-12_00_00.vma.zst`)
  }
  const [, stem = '', guestType = '', suffix = ''] = match
  const {format, compression} = archiveFormat(suffix)
  const common = {fileName, guestType: guestType as ArchiveInfo['guestType'], format, ...(compression === undefined ? {} : {compression})}
  const standard = standardStem.exec(stem)
  if (standard === null) return {...common, isStandard: false}
  const [vmid = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = standard.slice(1).map(Number)
  return {
    ...common, isStandard: true, vmid,
    // The name holds local time, as vzdump writes it.
    createdAtMs: new Date(year, month - 1, day, hour, minute, second).getTime(),
    logFileName: `${stem}.log`, notesFileName: `${fileName}.notes`,
  }
}

/** `tgz` and `tar.gz` are the same. */
export function archiveFormat(suffix: string): {format: ArchiveFormat; compression?: ArchiveCompression} {
  if (suffix === 'tgz') return {format: 'tar', compression: 'gz'}
  const [format, compression] = suffix.split('.') as [ArchiveFormat, ArchiveCompression?]
  return {format, ...(compression === undefined ? {} : {compression})}
}

/** The argv in front of which the archive's bytes become a plain stream; `tar -z` stands for tar's own option. undefined: not compressed. */
export function decompressorOf(info: Pick<ArchiveInfo, 'format' | 'compression'>): readonly string[] | undefined {
  if (info.compression === undefined) return undefined
  return info.format === 'tar' ? ['tar', tarOptions[info.compression]] : vmaDecompressors[info.compression]
}
