// Files of this machine. Writes are whole or not at all and, unless asked otherwise, on the disk when they resolve. It knows nothing of
// what the files mean.
import {randomBytes} from 'node:crypto'
import type {Stats} from 'node:fs'
import {constants, createReadStream} from 'node:fs'
import type {FileHandle} from 'node:fs/promises'
import * as fs from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import {InvalidInputError} from '../../base/index.ts'
import type {FileStat, HostFiles, ProcessId, WriteOptions} from '../host.ts'
import {fileError} from '../file-errors.ts'
import {temporaryName} from '../leftovers.ts'
import {childIdentity} from './processes.ts'

const defaultMaxReadBytes = 1024 * 1024
const readStepBytes = 64 * 1024

export const localFiles: HostFiles = {
  read: readBounded,
  readText: async (path, maxBytes) => (await readBounded(path, maxBytes)).toString('utf8'),
  readAt: readPart,
  readStream: (path) => createReadStream(path),
  write: writeWhole,
  append,
  writeInPlace,
  stat: statOf,
  list: listFolder,
  makeDirectory: (path, mode = 0o755) => told(`make the folder ${path}`, path, () => makeFolders(resolve(path), mode)),
  rename: (from, to) => told(`rename ${from} to ${to}`, from, () => fs.rename(from, to)),
  remove: removeOne,
  removeTree: (path) => told(`remove ${path}`, path, () => fs.rm(path, {recursive: true, force: true, maxRetries: 3})),
  symlink: (target, path) => told(`make the link ${path}`, path, () => fs.symlink(target, path)),
  realPath: (path) => told(`resolve ${path}`, path, () => fs.realpath(path)),
  space: (path) => told(`read the free space of ${path}`, path, async () => {
    const {blocks, bfree, bavail, bsize} = await fs.statfs(path)
    return {totalBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize, availableBytes: bavail * bsize}
  }),
}

async function told<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileError(error, doing, path)
  }
}

// O_NONBLOCK: a FIFO in the place of a file must not make us wait for its writer. It means nothing for regular files.
async function readBounded(path: string, maxBytes = defaultMaxReadBytes): Promise<Buffer> {
  const bytes = await told(`read ${path}`, path, async () => {
    const file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      return await readUpTo(file, maxBytes + 1)
    } finally {
      await file.close()
    }
  })
  if (bytes.length > maxBytes) throw new InvalidInputError(`${path} is larger than the ${maxBytes} bytes that are read of such a file`)
  return bytes
}

async function readPart(path: string, offset: number, maxBytes: number): Promise<Buffer> {
  return told(`read ${path}`, path, async () => {
    const file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      return await readUpTo(file, maxBytes, offset)
    } finally {
      await file.close()
    }
  })
}

async function readUpTo(file: FileHandle, limitBytes: number, offset?: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  while (total < limitBytes) {
    const position = offset === undefined ? null : offset + total
    const {bytesRead, buffer} = await file.read({buffer: Buffer.alloc(Math.min(readStepBytes, limitBytes - total)), position})
    if (bytesRead === 0) break
    chunks.push(buffer.subarray(0, bytesRead))
    total += bytesRead
  }
  return Buffer.concat(chunks, total)
}

let identity: ProcessId | undefined

/** Read once: it stays the same as long as we live. */
function ourselves(): ProcessId {
  return identity ??= childIdentity(process.pid)
}

async function writeWhole(path: string, data: string | Buffer, options: WriteOptions = {}): Promise<void> {
  const {mode = 0o600, overwrite = true, durable = true} = options
  const folder = dirname(path)
  const temporary = `${folder}/${temporaryName(ourselves(), randomBytes(9).toString('hex'))}`
  await told(`write ${path}`, path, async () => {
    await writePrivate(temporary, data, mode, durable)
    try {
      await (overwrite ? fs.rename(temporary, path) : renameToNew(temporary, path))
    } catch (error) {
      await fs.rm(temporary, {force: true})
      throw error
    }
    if (durable) await syncFolder(folder)
  })
}

// The mode at open is narrowed by the umask, so the file can only get wider afterwards, never narrower: nobody reads it too early.
async function writePrivate(path: string, data: string | Buffer, mode: number, durable: boolean): Promise<void> {
  const file = await fs.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode & 0o600)
  try {
    await file.writeFile(data)
    await file.chmod(mode)
    if (durable) await file.sync()
    await file.close()
  } catch (error) {
    await file.close().catch(() => undefined)
    await fs.rm(path, {force: true})
    throw error
  }
}

// link(2) refuses an existing name in one step. File systems without hard links (vfat, some FUSE) take a reserved empty file instead.
async function renameToNew(temporary: string, path: string): Promise<void> {
  try {
    await fs.link(temporary, path)
    await fs.unlink(temporary)
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    await (await fs.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)).close()
    await fs.rename(temporary, path)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems cannot sync a folder and say so with EINVAL; there is nothing more that could be done.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  } finally {
    await handle.close()
  }
}

// Not mkdir's own recursive form: Node 20 never comes back from it where a folder exists and none can be made in it (/proc).
// Each new folder is synced into its parent: a durable file in a folder that a power cut takes away is lost with it.
async function makeFolders(path: string, mode: number, isRepeated = false): Promise<void> {
  try {
    await fs.mkdir(path, mode)
    await syncFolder(dirname(path))
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await fs.stat(path)).isDirectory()) return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || isRepeated) throw error
    await makeFolders(parent, mode)
    await makeFolders(path, mode, true)
  }
}

async function append(path: string, data: string | Buffer): Promise<void> {
  await told(`append to ${path}`, path, async () => {
    const file = await fs.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY, 0o600)
    try {
      await file.writeFile(data)
    } finally {
      await file.close()
    }
  })
}

async function writeInPlace(path: string, text: string): Promise<void> {
  await told(`write ${path}`, path, async () => {
    const file = await fs.open(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      // One write: the kernel takes each as an order of its own.
      await file.write(text, 0)
    } finally {
      await file.close()
    }
  })
}

async function statOf(path: string, options: {followLinks?: boolean} = {}): Promise<FileStat | undefined> {
  return told(`look at ${path}`, path, async () => {
    try {
      const stats = await (options.followLinks === true ? fs.stat(path) : fs.lstat(path))
      return {
        kind: kindOf(stats), sizeBytes: stats.size, allocatedBytes: stats.blocks * 512, mtimeMs: stats.mtimeMs,
        mode: stats.mode & 0o7777, uid: stats.uid,
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw error
    }
  })
}

export function kindOf(stats: Stats): FileStat['kind'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isBlockDevice()) return 'block'
  if (stats.isCharacterDevice()) return 'character'
  return stats.isSocket() ? 'socket' : 'fifo'
}

async function listFolder(path: string): Promise<string[]> {
  return told(`list ${path}`, path, async () => {
    try {
      return (await fs.readdir(path)).sort()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}

async function removeOne(path: string): Promise<boolean> {
  return told(`remove ${path}`, path, async () => {
    try {
      const stats = await fs.lstat(path)
      await (stats.isDirectory() ? fs.rmdir(path) : fs.unlink(path))
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  })
}
