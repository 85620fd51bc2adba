// What a repository may hold at most. Whoever has its password can write into it whatever he likes, and whoever has its folder can put files there: each number that comes from it
// is held against these before memory is taken for it. All are far above what restic and we write. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {RepositoryFolder} from './repository-files.ts'

const mebibyte = 1024 * 1024

/** Of a blob, sealed or not. restic cuts files into pieces of at most 8 MiB; trees of large folders are one blob each. */
export const maxBlobBytes = 256 * mebibyte
/** The place of a blob in its pack. restic's packs have up to 128 MiB. */
export const maxPackBytes = 4096 * mebibyte
/** Of all blobs that the indexes name: 16 TiB of disks, and as many names as fit into the memory of a program. */
export const maxBlobs = 4 * mebibyte

/** Of each folder: how many files it has, how large each is, and how large the JSON is that is compressed in it. */
export const folderLimits: Readonly<Record<RepositoryFolder, {readonly files: number; readonly fileBytes: number; readonly jsonBytes: number}>> = {
  data: {files: 4 * mebibyte, fileBytes: maxPackBytes, jsonBytes: 0},
  // restic writes at most 50 000 blobs into one.
  index: {files: 1_000_000, fileBytes: 64 * mebibyte, jsonBytes: 64 * mebibyte},
  keys: {files: 100, fileBytes: mebibyte, jsonBytes: mebibyte},
  locks: {files: 10_000, fileBytes: 64 * 1024, jsonBytes: 64 * 1024},
  snapshots: {files: 100_000, fileBytes: 4 * mebibyte, jsonBytes: 4 * mebibyte},
}

/** @throws InvalidInputError when a folder has more files than it may have */
export function checkedNames(folder: RepositoryFolder, names: string[]): string[] {
  const {files} = folderLimits[folder]
  if (names.length > files) throw new InvalidInputError(`the folder ${folder} of the repository has ${names.length} files, more than ${files}`)
  return names
}
