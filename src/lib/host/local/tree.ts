// Files below a folder whose content is somebody else's, such as the root file system of a container: whatever links it holds, and whoever renames
// folders meanwhile, nothing outside is read or written. Node has no openat2(2) with RESOLVE_IN_ROOT, so a path is walked by hand: each part is
// opened with O_PATH and O_NOFOLLOW and gone on from through /proc/self/fd/N/name, which the kernel resolves from the opened folder. A link is read
// and its target walked from the root of the tree; `..` goes back along the folders that were opened, never above the first.
import {randomBytes} from 'node:crypto'
import * as fs from 'node:fs'
import {AppError, ConflictError, InvalidInputError, NotFoundError, UnavailableError} from '../../base/index.ts'
import type {FileStat, FileTree, TreeOwner} from '../host.ts'
import {fileError} from '../file-errors.ts'
import {copyFrom, copyInto} from './tree-copy.ts'
import {kindOf} from './files.ts'

/** open(2): a place in the file system, not opened for reading. The value is the same on all architectures that Debian has Node for. */
const openPath = 0x200000
const {O_NOFOLLOW, O_DIRECTORY, O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NONBLOCK, O_NOCTTY} = fs.constants
/** As the kernel does (path_resolution(7)). */
const mostLinks = 40
const defaultMaxReadBytes = 1024 * 1024

/** @throws NotFoundError when the folder is not there */
export function openFileTree(root: string): FileTree {
  const rootFd = told(`open ${root}`, root, () => fs.openSync(root, openPath | O_DIRECTORY))
  const walk = <T>(path: string, use: (at: Place) => T): T => told(`go to ${path} below ${root}`, path, () => withPlace(rootFd, path, use))
  /** Nothing is found where the way to it is missing. */
  const look = <T>(path: string, use: (at: Place) => T): T | undefined => told(`look for ${path} below ${root}`, path, () => {
    try {
      return withPlace(rootFd, path, use)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
  return {
    stat: async (path, {followLinks = true} = {}) => look(path, (at) => {
      const found = followLinks ? at.resolve() : at
      return found === undefined ? undefined : found.look((_fd, stats) => statOf(stats))
    }),
    read: async (path, maxBytes = defaultMaxReadBytes) => look(path, (at) => at.resolve()?.look((fd, stats) => readWhole(fd, stats, path, maxBytes))),
    readText: async (path, maxBytes = defaultMaxReadBytes) => look(path, (at) => at.resolve()?.look((fd, stats) => readWhole(fd, stats, path, maxBytes).toString('utf8'))),
    readLink: async (path) => look(path, (at) => at.link()),
    list: async (path) => look(path, (at) => at.resolve()?.look((fd, stats) => stats.isDirectory() ? fs.readdirSync(`/proc/self/fd/${fd}`).sort() : [])) ?? [],
    write: async (path, data, owner = {}) => walk(path, (at) => { at.write(data, owner) }),
    copyIn: async (source, path, copy = {}) => {
      const {folder, name} = walk(path, (at) => placeToWrite(at, path))
      try {
        return await toldLater(`copy ${source} to ${path} below ${root}`, path, copyInto(source, folder, name, copy))
      } finally {
        fs.closeSync(folder)
      }
    },
    copyOut: async (path, target, copy = {}) => {
      const found = walk(path, (at) => at.resolve()?.look((fd, stats) => ({file: openPlain(fd, stats, path), stats})))
      if (found === undefined) throw new NotFoundError(`there is no file ${path}`)
      try {
        return await toldLater(`copy ${path} to ${target}`, target, copyFrom(found.file, found.stats, target, copy))
      } finally {
        fs.closeSync(found.file)
      }
    },
    withFolder: async (path, use) => {
      const folder = walk(path, (at) => at.resolve()?.look((fd, stats) => {
        if (!stats.isDirectory()) throw new ConflictError(`${path} is no folder`)
        return fs.openSync(`/proc/self/fd/${fd}`, openPath | O_DIRECTORY)
      }))
      if (folder === undefined) throw new NotFoundError(`there is no folder ${path}`)
      try {
        // A mount(8) that moves what it mounts follows no link at the end of a path, and this is one (move_mount(2)); a folder's own `.` is none.
        return await use(`/proc/${process.pid}/fd/${folder}/.`)
      } finally {
        fs.closeSync(folder)
      }
    },
    symlink: async (target, path) => walk(path, (at) => { fs.symlinkSync(target, at.path()) }),
    makeDirectory: async (path, owner = {}) => { told(`make the folder ${path} below ${root}`, path, () => makeFolders(rootFd, path, owner)) },
    remove: async (path) => look(path, (at) => at.remove()) ?? false,
    close: () => { fs.closeSync(rootFd) },
  }
}

/** The last part of a path within an opened folder; it need not be there. */
interface Place {
  /** A path that the kernel resolves from the opened folder. */
  path(): string
  /** Where this leads when it is a link, and so on; undefined when nothing is there. The place is good until the walk ends. */
  resolve(): Place | undefined
  look<T>(use: (fd: number, stats: fs.Stats) => T): T | undefined
  link(): string | undefined
  write(data: string | Buffer, owner: TreeOwner): void
  remove(): boolean
}

/** Opens the folders on the way and closes them again, whatever happens. */
function withPlace<T>(rootFd: number, path: string, use: (at: Place) => T): T {
  const opened: number[] = []
  let links = 0
  try {
    return use(placeOf([rootFd], partsOf(path)))
  } finally {
    for (const fd of opened) fs.closeSync(fd)
  }

  function placeOf(folders: readonly number[], parts: readonly string[]): Place {
    const name = parts.at(-1)
    const way = goThrough(folders, parts.slice(0, -1))
    if (name === undefined) return rootPlace(way)
    // What ends in `..` is the folder above, which is opened already.
    if (name === '..') return rootPlace(way.length > 1 ? way.slice(0, -1) : way)
    return placeIn(way, name)
  }

  /** The folders on the way, the last of them last. @throws NotFoundError when one is missing */
  function goThrough(folders: readonly number[], parts: readonly string[]): readonly number[] {
    let way = folders
    for (const part of parts) {
      if (part === '..') {
        if (way.length > 1) way = way.slice(0, -1)
        continue
      }
      const fd = fs.openSync(below(way, part), openPath | O_NOFOLLOW)
      opened.push(fd)
      const stats = fs.fstatSync(fd)
      if (stats.isDirectory()) way = [...way, fd]
      else if (stats.isSymbolicLink()) way = followedFolder(way, part)
      else throw new ConflictError(`${part} in ${path} is no folder`)
    }
    return way
  }

  function followedFolder(way: readonly number[], part: string): readonly number[] {
    const target = followed(way, part)
    return goThrough(target.from, target.parts)
  }

  function followed(way: readonly number[], name: string): {from: readonly number[]; parts: readonly string[]} {
    links += 1
    if (links > mostLinks) throw new ConflictError(`${path} leads through more than ${mostLinks} links`)
    const target = fs.readlinkSync(below(way, name))
    return {from: target.startsWith('/') ? [rootFd] : way, parts: partsOf(target)}
  }

  function rootPlace(way: readonly number[]): Place {
    const fd = way.at(-1) ?? rootFd
    const place: Place = {
      path: () => `/proc/self/fd/${fd}/.`, resolve: () => place, look: (use) => use(fd, fs.fstatSync(fd)), link: () => undefined,
      write: () => { throw new ConflictError(`${path} is a folder`) }, remove: () => { throw new ConflictError(`${path} is not removed`) },
    }
    return place
  }

  function placeIn(way: readonly number[], name: string): Place {
    const own = below(way, name)
    const look = <R>(use: (fd: number, stats: fs.Stats) => R): R | undefined => {
      const fd = openIfThere(own)
      if (fd === undefined) return undefined
      opened.push(fd)
      return use(fd, fs.fstatSync(fd))
    }
    const place: Place = {
      path: () => own,
      look,
      resolve: () => {
        const isLink = look((_fd, stats) => stats.isSymbolicLink())
        if (isLink !== true) return isLink === undefined ? undefined : place
        const {from, parts} = followed(way, name)
        try {
          return placeOf(from, parts).resolve()
        } catch (error) {
          if (isMissing(error)) return undefined
          throw error
        }
      },
      link: () => look((_fd, stats) => stats.isSymbolicLink()) === true ? fs.readlinkSync(own) : undefined,
      write: (data, owner) => { writeIn(way, name, data, owner) },
      remove: () => removeOne(own),
    }
    return place
  }
}

function below(way: readonly number[], name: string): string {
  return `/proc/self/fd/${way.at(-1) ?? -1}/${name}`
}

function partsOf(path: string): string[] {
  if (path.includes('\0') || path.length > 4096) throw new InvalidInputError('this is not the path of a file')
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof NotFoundError)
}

function openIfThere(path: string): number | undefined {
  try {
    return fs.openSync(path, openPath | O_NOFOLLOW)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function statOf(stats: fs.Stats): FileStat & {readonly gid: number} {
  return {kind: kindOf(stats), sizeBytes: stats.size, allocatedBytes: stats.blocks * 512, mtimeMs: stats.mtimeMs, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid}
}

/** What was looked at is opened again by its descriptor, so it is the same file; a FIFO or a device is never opened. */
function openPlain(fd: number, stats: fs.Stats, path: string): number {
  if (!stats.isFile()) throw new ConflictError(`${path} is not a plain file`)
  return fs.openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK | O_NOCTTY)
}

/** The folder, opened for good, and the name in it. */
function placeToWrite(at: Place, path: string): {folder: number; name: string} {
  const way = at.path()
  const name = way.slice(way.lastIndexOf('/') + 1)
  if (name === '.' || at.resolve()?.look((_fd, stats) => stats.isDirectory()) === true) throw new ConflictError(`${path} is a folder`)
  return {folder: fs.openSync(way.slice(0, way.lastIndexOf('/')), openPath | O_DIRECTORY), name}
}

function readWhole(fd: number, stats: fs.Stats, path: string, maxBytes: number): Buffer {
  if (stats.size > maxBytes) throw new InvalidInputError(`${path} is larger than the ${maxBytes} bytes that are read of such a file`)
  const file = openPlain(fd, stats, path)
  try {
    const buffer = Buffer.alloc(maxBytes + 1)
    let total = 0
    for (let count = 1; count > 0 && total <= maxBytes; total += count) count = fs.readSync(file, buffer, total, Math.min(65_536, maxBytes + 1 - total), total)
    if (total > maxBytes) throw new InvalidInputError(`${path} is larger than the ${maxBytes} bytes that are read of such a file`)
    return buffer.subarray(0, total)
  } finally {
    fs.closeSync(file)
  }
}

/** Whole or not at all: a new file beside it, then renamed. A link in its place is replaced, not followed. */
function writeIn(way: readonly number[], name: string, data: string | Buffer, {mode = 0o644, uid, gid}: TreeOwner): void {
  const temporary = below(way, `.corral-${randomBytes(9).toString('hex')}`)
  const file = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    try {
      fs.writeFileSync(file, data)
      if (uid !== undefined || gid !== undefined) fs.fchownSync(file, uid ?? 0, gid ?? 0)
      fs.fchmodSync(file, mode)
    } finally {
      fs.closeSync(file)
    }
    fs.renameSync(temporary, below(way, name))
  } catch (error) {
    fs.rmSync(temporary, {force: true})
    throw error
  }
}

/** Makes a folder and those above it that are missing. Those that are there stay as they are. */
function makeFolders(rootFd: number, path: string, {mode = 0o755, uid, gid}: TreeOwner): void {
  const parts = partsOf(path)
  for (let count = 1; count <= parts.length; count++) {
    withPlace(rootFd, parts.slice(0, count).join('/'), (at) => {
      const kind = at.resolve()?.look((_fd, stats) => kindOf(stats))
      if (kind === 'directory') return
      if (kind !== undefined || at.link() !== undefined) throw new ConflictError(`${path} cannot be made: ${parts.slice(0, count).join('/')} is no folder`)
      fs.mkdirSync(at.path(), mode)
      at.look((fd, stats) => {
        if (!stats.isDirectory()) throw new UnavailableError(`${path} was replaced while it was made`)
        const folder = fs.openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_DIRECTORY)
        try {
          if (uid !== undefined || gid !== undefined) fs.fchownSync(folder, uid ?? 0, gid ?? 0)
          fs.fchmodSync(folder, mode)
        } finally {
          fs.closeSync(folder)
        }
      })
    })
  }
}

function removeOne(path: string): boolean {
  try {
    if (fs.lstatSync(path).isDirectory()) fs.rmdirSync(path)
    else fs.unlinkSync(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

async function toldLater<T>(doing: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof AppError) throw error
    throw fileError(error, doing, path)
  }
}

function told<T>(doing: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof AppError) throw error
    throw fileError(error, doing, path)
  }
}
