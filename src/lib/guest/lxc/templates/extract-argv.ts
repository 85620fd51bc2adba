// How a root file system is unpacked from an archive: tar's words, and the user namespace that it runs in. Pure.
import type {FileFormat, Format} from '../../../storage/index.ts'
import {InvalidInputError} from '../../../base/index.ts'
import {formatRange} from '../config/index.ts'
import type {IdMap} from '../config/index.ts'

/** Bytes between two reports of tar, which writes 10 KiB a record. */
export const checkpointBytes = 16 * 1024 * 1024
const recordBytes = 10 * 1024

const compressions: Readonly<Partial<Record<Format | FileFormat, string>>> = {
  'tgz': '--gzip', 'txz': '--xz', 'tzst': '--zstd', 'tbz2': '--bzip2', 'tar.gz': '--gzip', 'tar.zst': '--zstd', 'tar.bz2': '--bzip2', 'tar.lzo': '--lzop',
}

/**
 * tar, reading the archive from standard input. Of two members by one name the first counts. Device nodes are left out: a container finds its own.
 * @throws InvalidInputError for a format that is no tar archive
 */
export function tarArgv(format: Format | FileFormat, folder: string): string[] {
  const compression = compressions[format]
  if (compression === undefined && format !== 'tar') throw new InvalidInputError(`an archive of the format ${format} cannot be unpacked`, {ostemplate: 'is no tar archive'})
  return [
    'tar', '--extract', '--file=-', ...(compression === undefined ? [] : [compression]), `--directory=${folder}`, '--preserve-permissions', '--numeric-owner', '--sparse',
    '--acls', '--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability', '--warning=no-xattr-write', '--skip-old-files', '--anchored', '--exclude=./dev/*', '--exclude=dev/*',
    `--checkpoint=${checkpointBytes / recordBytes | 0}`, '--checkpoint-action=echo=%u',
  ]
}

/** The program within the user namespace of a container, as its root. */
export function asContainerRoot(map: IdMap, argv: readonly string[]): string[] {
  if (map.length === 0) return [...argv]
  return ['lxc-usernsexec', ...map.flatMap((range) => ['-m', formatRange(range).replaceAll(' ', ':')]), '--', ...argv]
}

/** The records that tar has read, from a line of its checkpoints (`tar: 3276`); undefined for other lines. */
export function readCheckpoint(line: string): number | undefined {
  const match = /^(?:\S{1,64}: )?(\d{1,15})$/.exec(line.trim())
  return match === null ? undefined : Number(match[1]) * recordBytes
}
