// Which members of an archive somebody means by a path in it. Paths are written from the root of the guest's files, with or without a slash before them. Pure.
import type {AppError} from '../../../base/index.ts'
import {InvalidInputError} from '../../../base/index.ts'
import type {TarMember} from '../tar-members.ts'

/** More than that is no list for anybody. */
export const maxEntries = 1_000_000

export type EntryType = 'disk' | 'partition' | 'file' | 'folder' | 'link' | 'hard link' | 'device' | 'pipe' | 'other'

export interface ArchivedEntry {
  /** From the root, with a slash before it. */
  readonly path: string
  readonly type: EntryType
  readonly size: number
  /** In seconds since 1970; absent for disks and partitions. */
  readonly mtime?: number
  /** Of links. */
  readonly target?: string
  /** Of a partition: the type of its file system, or what else is in it, where that is known. */
  readonly holds?: string
  /** Of a partition: its name in a GPT. */
  readonly label?: string
}

const types: Readonly<Record<string, EntryType>> = {'0': 'file', '\0': 'file', '7': 'file', S: 'file', '1': 'hard link', '2': 'link', '3': 'device', '4': 'device', '5': 'folder', '6': 'pipe'}

/** Pure: the error for a list that is longer than `maxEntries`. */
export function tooManyEntries(path: string): AppError {
  return new InvalidInputError(`there are more than ${maxEntries} files at '${path}'`, {path: 'holds too many files'}, {nextSteps: ['Name a folder in it.']})
}

/** Without slashes before and behind it; empty for the root. @throws InvalidInputError for one that leads upwards */
export function plainPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..') || path.includes('\0')) throw new InvalidInputError(`'${path.slice(0, 120)}' is no path in a backup`, {path: 'must not contain ..'})
  return parts.join('/')
}

/** The path of a member; undefined for one that has a name which no file of a guest can have. */
export function memberPath({name}: Pick<TarMember, 'name'>): string | undefined {
  try {
    return plainPath(name)
  } catch {
    return undefined
  }
}

export function entryOf(member: TarMember, path: string): ArchivedEntry {
  const type = types[member.type] ?? 'other'
  return {path: `/${path}`, type, size: type === 'file' ? member.fileBytes : 0, mtime: member.modifiedAt, ...(type === 'link' || type === 'hard link' ? {target: member.target} : {})}
}

/** Whether the path is that of the folder or file that is wanted, or lies below it. */
export function isWithin(path: string, wanted: string): boolean {
  return wanted === '' || path === wanted || path.startsWith(`${wanted}/`)
}

/** Whether it is shown by a look into one folder, and not into those below. */
export function isDirectlyIn(path: string, folder: string): boolean {
  if (!isWithin(path, folder)) return false
  return path === folder ? folder !== '' : !path.slice(folder === '' ? 0 : folder.length + 1).includes('/')
}
