// The files of a repository on an SFTP server. What is written has another name until it is whole and on the server's disk.
import {randomBytes} from 'node:crypto'
import {ConflictError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../../base/index.ts'
import {atOnce} from '../at-once.ts'
import {checkedNames, folderLimits} from '../limits.ts'
import {isStranger, repositoryFolders} from '../repository-files.ts'
import type {RepositoryFiles, RepositoryFolder} from '../repository-files.ts'
import {FieldReader, answerTypes, requestTypes, textField, uint32, uint64} from './packets.ts'
import type {SftpSession} from './session.ts'

/** Of the file `config`. */
const maxConfigBytes = 1024 * 1024
/** Each server takes so much in one request (draft-ietf-secsh-filexfer-02, "General Packet Format"). */
const pieceBytes = 32 * 1024
/** On their way at once. */
const piecesAtOnce = 32
const foldersAtOnce = 8
const maxNames = 10_000_000
/** Flags of an open: for reading; for writing a file that is not there yet. */
const openFlags = {read: 1, create: 2 | 8 | 32} as const

/** @param root an absolute path on the server @param place for messages */
export function filesOverSftp(session: SftpSession, root: string, place: string): RepositoryFiles {
  const parts = new Set<string>()
  const pathOf = (folder: RepositoryFolder, name: string): string => folder === 'data' ? `${root}/data/${name.slice(0, 2)}/${name}` : `${root}/${folder}/${name}`
  const list = async (path: string): Promise<string[]> => (await listFolder(session, path)).sort()
  const makeFolder = (path: string) => makeFolderOf(session, path)
  return {
    place,
    readConfig: () => readWhole(session, `${root}/config`, maxConfigBytes).catch(passOverMissing),
    writeConfig: async (data) => {
      if (!await writeNew(session, `${root}/config`, data)) throw new ConflictError(`there is a repository in ${place} already`)
    },
    strangers: async () => (await list(root)).filter(isStranger),
    makeFolders: async () => {
      for (const path of foldersAbove(root)) await makeFolder(path)
      for (const folder of repositoryFolders) await makeFolder(`${root}/${folder}`)
    },
    list: async (folder) => {
      if (folder !== 'data') return checkedNames(folder, (await list(`${root}/${folder}`)).filter(isName))
      const names: string[] = []
      await atOnce(foldersAtOnce, await list(`${root}/data`), async (part) => {
        if (/^[0-9a-f]{2}$/.test(part)) names.push(...(await list(`${root}/data/${part}`)).filter(isName))
      })
      return checkedNames(folder, names.sort())
    },
    read: (folder, name) => readWhole(session, pathOf(folder, name), folderLimits[folder].fileBytes),
    readAt: (folder, name, offset, sizeBytes) => withFile(session, pathOf(folder, name), openFlags.read, (handle) => readRange(session, handle, offset, sizeBytes)),
    sizeBytes: (folder, name) => sizeOf(session, pathOf(folder, name)),
    write: async (folder, name, data) => {
      const part = name.slice(0, 2)
      if (folder === 'data' && !parts.has(part)) {
        await makeFolder(`${root}/data/${part}`)
        parts.add(part)
      }
      await writeNew(session, pathOf(folder, name), data)
    },
    remove: async (folder, name) => { await removeFile(session, pathOf(folder, name)) },
    space: () => spaceOf(session, root),
    close: () => session.close(),
  }
}

function isName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

/** The folder itself last. */
function foldersAbove(root: string): string[] {
  const words = root.split('/').slice(1)
  return words.map((_word, index) => `/${words.slice(0, index + 1).join('/')}`)
}

function passOverMissing(error: unknown): undefined {
  if (error instanceof NotFoundError) return undefined
  throw error
}

async function withFile<R>(session: SftpSession, path: string, flags: number, work: (handle: Buffer) => Promise<R>): Promise<R> {
  const mode = flags === openFlags.read ? [uint32(0)] : [uint32(4), uint32(0o600)]
  const {type, body} = await session.request(requestTypes.open, [textField(path), uint32(flags), ...mode], `file ${path}`)
  if (type !== answerTypes.handle) throw new InvalidInputError('the server answers an open with something else than a file')
  const handle = new FieldReader(body).text()
  try {
    return await work(handle)
  } finally {
    await session.request(requestTypes.close, [textField(handle)], `file ${path}`)
  }
}

async function readWhole(session: SftpSession, path: string, maxFileBytes: number): Promise<Buffer> {
  const sizeBytes = await sizeOf(session, path)
  if (sizeBytes === undefined) throw new NotFoundError(`there is no file ${path} on the server`)
  if (sizeBytes > maxFileBytes) throw new InvalidInputError(`${path} on the server has ${sizeBytes} bytes, more than ${maxFileBytes}`)
  return withFile(session, path, openFlags.read, (handle) => readRange(session, handle, 0, sizeBytes))
}

/** Shorter at the end of the file. */
async function readRange(session: SftpSession, handle: Buffer, offset: number, sizeBytes: number): Promise<Buffer> {
  const starts = Array.from({length: Math.ceil(sizeBytes / pieceBytes)}, (_none, index) => index * pieceBytes)
  const pieces = new Map<number, Buffer>()
  await atOnce(piecesAtOnce, starts, async (start) => {
    const wanted = Math.min(pieceBytes, sizeBytes - start)
    const got: Buffer[] = []
    for (let at = 0; at < wanted;) {
      const {type, body} = await session.request(requestTypes.read, [textField(handle), uint64(offset + start + at), uint32(wanted - at)], 'what is read')
      if (type !== answerTypes.data) break
      const data = new FieldReader(body).text()
      if (data.length === 0 || data.length > wanted - at) throw new InvalidInputError('the server sends another number of bytes than it was asked for')
      got.push(Buffer.from(data))
      at += data.length
    }
    pieces.set(start, Buffer.concat(got))
  })
  return Buffer.concat(starts.map((start) => pieces.get(start) ?? Buffer.alloc(0)))
}

/** @returns false when there is a file of that name, which has the same bytes where names are hashes */
async function writeNew(session: SftpSession, path: string, data: Buffer): Promise<boolean> {
  if (await sizeOf(session, path) !== undefined) return false
  const unfinished = `${path}.${randomBytes(8).toString('hex')}.tmp`
  try {
    await withFile(session, unfinished, openFlags.create, async (handle) => {
      const starts = Array.from({length: Math.ceil(data.length / pieceBytes)}, (_none, index) => index * pieceBytes)
      await atOnce(piecesAtOnce, starts, async (start) => {
        await session.request(requestTypes.write, [textField(handle), uint64(start), textField(data.subarray(start, start + pieceBytes))], `the writing of ${path}`)
      })
      // A server that does not know it answers so; its file system keeps what it keeps.
      await session.request(requestTypes.extended, [textField('fsync@openssh.com'), textField(handle)], 'to write to its disk').catch(passOverRefusal)
    })
    await session.request(requestTypes.rename, [textField(unfinished), textField(path)], `the name ${path}`)
    return true
  } catch (error) {
    await removeFile(session, unfinished).catch(() => undefined)
    // Somebody was faster.
    if (error instanceof UnavailableError && await sizeOf(session, path).catch(() => undefined) !== undefined) return false
    throw error
  }
}

function passOverRefusal(error: unknown): void {
  if (!(error instanceof UnavailableError)) throw error
}

async function removeFile(session: SftpSession, path: string): Promise<void> {
  await session.request(requestTypes.remove, [textField(path)], `file ${path}`).catch(passOverMissing)
}

async function makeFolderOf(session: SftpSession, path: string): Promise<void> {
  if (await sizeOf(session, path) !== undefined) return
  try {
    await session.request(requestTypes.makeFolder, [textField(path), uint32(4), uint32(0o700)], `a folder ${path}`)
  } catch (error) {
    if (await sizeOf(session, path) === undefined) throw error
  }
}

async function listFolder(session: SftpSession, path: string): Promise<string[]> {
  const opened = await session.request(requestTypes.openFolder, [textField(path)], `folder ${path}`).catch(passOverMissing)
  if (opened === undefined) return []
  const handle = new FieldReader(opened.body).text()
  const names: string[] = []
  try {
    for (;;) {
      const {type, body} = await session.request(requestTypes.readFolder, [textField(handle)], `folder ${path}`)
      if (type !== answerTypes.names) return names
      const reader = new FieldReader(body)
      for (let count = reader.uint32(); count > 0; count--) {
        names.push(reader.text().toString('utf8'))
        reader.text()
        reader.attributes()
      }
      if (names.length > maxNames) throw new InvalidInputError(`the folder ${path} on the server has more than ${maxNames} files`)
    }
  } finally {
    await session.request(requestTypes.close, [textField(handle)], `folder ${path}`)
  }
}

/** undefined when nothing is there. */
async function sizeOf(session: SftpSession, path: string): Promise<number | undefined> {
  const answer = await session.request(requestTypes.lstat, [textField(path)], `file ${path}`).catch(passOverMissing)
  return answer === undefined ? undefined : new FieldReader(answer.body).attributes().sizeBytes ?? 0
}

/** PROTOCOL of OpenSSH, 4.4: block sizes, then blocks: all, free, free for us. */
async function spaceOf(session: SftpSession, path: string): Promise<{totalBytes: number; usedBytes: number; availableBytes: number}> {
  const {type, body} = await session.request(requestTypes.extended, [textField('statvfs@openssh.com'), textField(path)], 'to tell how much space there is')
  if (type !== answerTypes.extended) throw new UnsupportedError('the server does not tell how much space there is')
  const reader = new FieldReader(body)
  reader.uint64()
  const [blockBytes, all, free, available] = [reader.uint64(), reader.uint64(), reader.uint64(), reader.uint64()]
  return {totalBytes: all * blockBytes, usedBytes: (all - free) * blockBytes, availableBytes: available * blockBytes}
}
