// Files of any size into and out of a tree of somebody else's (tree.ts), which says where they are: an opened folder and a name in it, or an opened file.
import {randomBytes} from 'node:crypto'
import * as fs from 'node:fs'
import {stat} from 'node:fs/promises'
import {basename, dirname} from 'node:path'
import {promisify} from 'node:util'
import {CancelledError, ConflictError, InvalidInputError, NotFoundError} from '../../base/index.ts'
import type {TreeCopy} from '../host.ts'

const {O_NOFOLLOW, O_RDONLY, O_WRONLY, O_CREAT, O_EXCL} = fs.constants
const [openLater, read, write] = [promisify(fs.open), promisify(fs.read), promisify(fs.write)]
const chunkBytes = 1024 * 1024
/** Files of the kernel have no size before they are read. */
const mostOfUnsized = 64 * 1024 * 1024

type Sink = (chunk: Buffer) => Promise<void>

/** @param folder a descriptor of the folder in the tree @returns the number of bytes */
export async function copyInto(source: string, folder: number, name: string, copy: TreeCopy): Promise<number> {
  const from = await stat(source).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new NotFoundError(`there is no file ${source} on this host`)
    throw error
  })
  if (!from.isFile() && !from.isFIFO() && !from.isCharacterDevice() && !from.isSocket()) throw new InvalidInputError(`${source} is neither a file nor a pipe`)
  const put = (chunks: AsyncIterable<Buffer>) => replace(`/proc/self/fd/${folder}/${name}`, `/proc/self/fd/${folder}/${copy.temporaryName ?? temporaryName()}`, chunks, from, copy)
  // Our own standard input is not opened anew: a socket could not be.
  if (source === '/dev/stdin') return put(process.stdin)
  const file = await openLater(source, O_RDONLY)
  try {
    return await put(chunksOf(file, Number.POSITIVE_INFINITY))
  } finally {
    fs.closeSync(file)
  }
}

/** @param file a descriptor of the opened file in the tree, which stays open */
export async function copyFrom(file: number, stats: fs.Stats, target: string, copy: TreeCopy): Promise<number> {
  const chunks = chunksOf(file, stats.size === 0 ? mostOfUnsized : stats.size)
  if (target === '/dev/stdout') return poured(chunks, toStandardOutput, copy.signal)
  if (!target.startsWith('/dev/')) return replace(target, `${dirname(target)}/.${basename(target).slice(0, 100)}${copy.temporaryName ?? temporaryName()}`, chunks, stats, copy)
  const device = await openLater(target, O_WRONLY)
  try {
    return await poured(chunks, toFile(device), copy.signal)
  } finally {
    fs.closeSync(device)
  }
}

/** A new file beside it, then renamed. */
async function replace(path: string, temporary: string, chunks: AsyncIterable<Buffer>, from: fs.Stats, {mode, uid, gid, signal}: TreeCopy): Promise<number> {
  const was = lookAt(path)
  if (was?.isDirectory() === true) throw new ConflictError(`${basename(path)} is a folder`)
  const file = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    const bytes = await poured(chunks, toFile(file), signal)
    const kept = was?.isFile() === true ? was : undefined
    const owner = {uid: uid ?? kept?.uid, gid: gid ?? kept?.gid}
    if (owner.uid !== undefined || owner.gid !== undefined) fs.fchownSync(file, owner.uid ?? process.getuid?.() ?? 0, owner.gid ?? process.getgid?.() ?? 0)
    // Last: a change of owner takes the bits away by which a program runs as its owner.
    fs.fchmodSync(file, mode ?? (kept ?? from).mode & 0o777)
    fs.renameSync(temporary, path)
    return bytes
  } catch (error) {
    fs.rmSync(temporary, {force: true})
    throw error
  } finally {
    fs.closeSync(file)
  }
}

async function poured(chunks: AsyncIterable<Buffer>, sink: Sink, signal: AbortSignal | undefined): Promise<number> {
  let bytes = 0
  for await (const chunk of chunks) {
    if (signal?.aborted === true) throw new CancelledError('the copy was cancelled')
    await sink(chunk)
    bytes += chunk.length
  }
  return bytes
}

/** @param most so many bytes and no more; the file ends there for us */
async function* chunksOf(file: number, most: number): AsyncGenerator<Buffer, void> {
  for (let total = 0; total < most;) {
    const {buffer, bytesRead} = await read(file, {buffer: Buffer.allocUnsafe(Math.min(chunkBytes, most - total))})
    if (bytesRead === 0) return
    total += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

function toFile(file: number): Sink {
  return async (chunk) => {
    for (let done = 0; done < chunk.length;) done += (await write(file, chunk, done)).bytesWritten
  }
}

const toStandardOutput: Sink = (chunk) => new Promise((resolve, reject) => {
  process.stdout.write(chunk, (error) => { if (error instanceof Error) reject(error); else resolve() })
})

function lookAt(path: string): fs.Stats | undefined {
  return fs.lstatSync(path, {throwIfNoEntry: false})
}

function temporaryName(): string {
  return `.corral-${randomBytes(9).toString('hex')}`
}
