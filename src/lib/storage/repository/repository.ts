// A repository of backups in which each piece of data is kept once: what its files mean together. It knows blobs and snapshots, and neither guests nor where the files lie. The
// format is restic's (design document, repository version 2), so that restic reads, checks and mends what is written here, and the reverse.
//
// What is written is safe to be interrupted at any point: packs first, then the index that names them, then the snapshot. Blobs that no snapshot needs take room only.
import {randomBytes} from 'node:crypto'
import type {AppError} from '../../base/index.ts'
import {ConflictError, ForbiddenError, InvalidInputError, NotFoundError} from '../../base/index.ts'
import {atOnce} from './at-once.ts'
import {formatIndex, parseIndex} from './index-file.ts'
import type {PackContents} from './index-file.ts'
import {idOf, parseObject} from './json-records.ts'
import {newKeyFile, openKeyFile} from './key-file.ts'
import type {KeyOwner} from './key-file.ts'
import {folderLimits, maxBlobs} from './limits.ts'
import {PackBuilder} from './pack.ts'
import type {BlobType, PackedBlob} from './pack.ts'
import type {BlobCompressor} from './packed.ts'
import type {RepositoryFiles} from './repository-files.ts'
import {hashOf, seal, unseal} from './seal.ts'
import type {SealKey} from './seal.ts'
import {formatSnapshot, parseSnapshot} from './snapshot-record.ts'
import type {SnapshotRecord} from './snapshot-record.ts'

/** A pack that has this much is written. */
const packBytes = 16 * 1024 * 1024
/** An index that names this many blobs is written. */
const indexBlobs = 50_000
/** What is smaller stays as it is: a compressor is a program, whose start costs more than that saves. */
const leastCompressedBytes = 16 * 1024
/** Before compressed JSON in a sealed file. */
const compressedMark = 2
/** restic wants one; it is for cutting files into blobs, which is not done here. An irreducible polynomial of degree 53, as it draws one for itself. */
const chunkerPolynomial = '3da3358b4dc173'
/** Each may be a program that opens it, or a question to a server. */
const snapshotReaders = 8

export interface RepositoryTools {
  readonly files: RepositoryFiles
  readonly compressor: BlobCompressor
}

/** @throws ConflictError where there is one already, or something else */
export async function initRepository(tools: RepositoryTools, password: string, owner: KeyOwner): Promise<Repository> {
  const {files} = tools
  if (await files.readConfig() !== undefined) throw new ConflictError(`there is a repository in ${files.place} already`)
  const [stranger] = await files.strangers()
  if (stranger !== undefined) {
    throw new ConflictError(`there is something else in ${files.place}, such as '${stranger}', and a repository wants a folder of its own`, {nextSteps: ['Name a folder that is empty or not there yet, such as one within it.']})
  }
  await files.makeFolders()
  const {name, data, key} = await newKeyFile(password, owner)
  await files.write('keys', name, data)
  const config = {version: 2, id: randomBytes(32).toString('hex'), chunker_polynomial: chunkerPolynomial}
  await files.writeConfig(seal(key, Buffer.from(JSON.stringify(config))))
  return new Repository(tools, key, config.id)
}

/** @throws NotFoundError where there is none; ForbiddenError when the password opens none of its keys; InvalidInputError for another version */
export async function openRepository(tools: RepositoryTools, password: string): Promise<Repository> {
  const {files} = tools
  const sealed = await files.readConfig()
  if (sealed === undefined) throw new NotFoundError(`there is no backup repository in ${files.place}`)
  const key = await anyKey(files, password)
  const config = parseObject(unseal(key, sealed), 'the configuration')
  if (config['version'] !== 1 && config['version'] !== 2) throw new InvalidInputError(`the repository in ${files.place} is of an unknown version`)
  return new Repository(tools, key, idOf(config['id'], 'the configuration'), config['version'] === 2)
}

async function anyKey(files: RepositoryFiles, password: string): Promise<SealKey> {
  let refusal: AppError | undefined
  for (const name of await files.list('keys')) {
    try {
      return await openKeyFile(await files.read('keys', name), password)
    } catch (error) {
      // One that is no key, or somebody else's, does not keep the others from opening it.
      if (!(error instanceof ForbiddenError || error instanceof InvalidInputError)) throw error
      if (!(refusal instanceof ForbiddenError)) refusal = error
    }
  }
  throw refusal ?? new NotFoundError(`the repository in ${files.place} has no key`)
}

/** A snapshot with the name of its file. */
export interface NamedSnapshot extends SnapshotRecord {
  readonly id: string
}

/** For one user at a time; several of them may write to the same files at once. */
export class Repository {
  readonly id: string
  readonly #tools: RepositoryTools
  readonly #key: SealKey
  readonly #compresses: boolean
  /** Where each blob lies; those of packs that are still gathered have no place yet. */
  readonly #places = new Map<string, {readonly pack: string; readonly blob: PackedBlob} | 'gathered'>()
  readonly #gathering = new Map<BlobType, PackBuilder>()
  #unindexed: PackContents[] = []
  #isIndexRead = false

  /** For initRepository and openRepository. */
  constructor(tools: RepositoryTools, key: SealKey, id: string, compresses = true) {
    this.#tools = tools
    this.#key = key
    this.id = id
    this.#compresses = compresses
  }

  /** Once, before blobs are saved or loaded: what is there already. @throws InvalidInputError for a damaged index */
  async readIndex(): Promise<void> {
    if (this.#isIndexRead) return
    this.#isIndexRead = true
    for (const name of await this.#tools.files.list('index')) {
      for (const {id: pack, blobs} of parseIndex(await this.#readJson('index', name))) {
        for (const blob of blobs) this.#places.set(placeKey(blob.type, blob.id), {pack, blob})
        if (this.#places.size > maxBlobs) throw new InvalidInputError(`the indexes of the repository name more than ${maxBlobs} pieces`)
      }
    }
  }

  has(type: BlobType, id: string): boolean {
    return this.#places.has(placeKey(type, id))
  }

  /** Keeps the bytes unless they are there. Safe on disk after `flush`. @returns the blob's identifier, and whether it was new */
  async save(type: BlobType, plain: Buffer): Promise<{readonly id: string; readonly isNew: boolean}> {
    await this.readIndex()
    const id = hashOf(plain)
    if (this.has(type, id)) return {id, isNew: false}
    this.#places.set(placeKey(type, id), 'gathered')
    const packed = await this.#pack(plain)
    const pack = this.#gathering.get(type) ?? new PackBuilder(this.#key)
    this.#gathering.set(type, pack)
    pack.add(type, id, packed ?? plain, packed === undefined ? undefined : plain.length)
    if (pack.sizeBytes >= packBytes) await this.#writePack(type, pack)
    return {id, isNew: true}
  }

  /** @throws NotFoundError for a blob that no index names; InvalidInputError for a damaged one */
  async load(type: BlobType, id: string): Promise<Buffer> {
    await this.readIndex()
    const place = this.#places.get(placeKey(type, id))
    if (place === undefined) throw new NotFoundError(`the repository has no blob ${id}`)
    if (place === 'gathered') throw new InvalidInputError(`the blob ${id} is not written yet`)
    const {pack, blob: {offset, sizeBytes, plainBytes}} = place
    const sealed = await this.#tools.files.readAt('data', pack, offset, sizeBytes)
    if (sealed.length !== sizeBytes) throw new InvalidInputError(`the blob ${id} of the repository is damaged: its pack ends within it`)
    const open = unseal(this.#key, sealed)
    const plain = plainBytes === undefined ? open : await this.#tools.compressor.unpack(open, plainBytes)
    if (hashOf(plain) !== id) throw new InvalidInputError(`the blob ${id} of the repository is damaged`)
    return plain
  }

  /** Writes what was gathered, and the index of it. */
  async flush(): Promise<void> {
    for (const [type, pack] of [...this.#gathering]) await this.#writePack(type, pack)
    await this.#writeIndex()
  }

  /** After a flush: from here on the backup counts. @returns the name of its file */
  async saveSnapshot(record: SnapshotRecord): Promise<string> {
    await this.flush()
    return this.#writeJson('snapshots', formatSnapshot(record))
  }

  /** By time. One that is damaged is passed over, since it says nothing of the others. @param tellDamaged is told of each, in a sentence */
  async snapshots(tellDamaged: (problem: string) => void = () => undefined): Promise<NamedSnapshot[]> {
    const all: NamedSnapshot[] = []
    const names = await this.#tools.files.list('snapshots')
    await atOnce(snapshotReaders, names, async (id) => {
      try {
        const data = await this.#readJson('snapshots', id).catch(passOverGone)
        if (data !== undefined) all.push({...parseSnapshot(data), id})
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error
        tellDamaged(`the snapshot ${id} in ${this.#tools.files.place} is damaged and left out: ${error.message}`)
      }
    })
    return all.sort((a, b) => a.takenAtMs - b.takenAtMs)
  }

  /** A snapshot with other words about it: its file is never changed, so there is a new one, and then the old one goes. @returns the new name */
  async replaceSnapshot(snapshot: NamedSnapshot, changed: Partial<SnapshotRecord>): Promise<string> {
    const {id, ...record} = snapshot
    const fresh = await this.saveSnapshot({original: id, ...record, ...changed})
    if (fresh !== id) await this.forget(id)
    return fresh
  }

  /** The data stays until somebody collects what no snapshot needs. */
  async forget(snapshot: string): Promise<void> {
    await this.#tools.files.remove('snapshots', snapshot)
  }

  /** The names of the locks. */
  async lockNames(): Promise<string[]> {
    return this.#tools.files.list('locks')
  }

  /** @throws NotFoundError when it is gone; InvalidInputError */
  async readLock(name: string): Promise<Buffer> {
    return this.#readJson('locks', name)
  }

  async writeLock(json: Buffer): Promise<string> {
    return this.#writeJson('locks', json)
  }

  async removeLock(name: string): Promise<void> {
    await this.#tools.files.remove('locks', name)
  }

  /** undefined: it is kept as it is. */
  async #pack(plain: Buffer): Promise<Buffer | undefined> {
    return this.#compresses && plain.length >= leastCompressedBytes ? this.#tools.compressor.pack(plain) : undefined
  }

  async #writePack(type: BlobType, builder: PackBuilder): Promise<void> {
    // Before anything is waited for: what others save meanwhile goes into another pack.
    this.#gathering.delete(type)
    const {id, data, blobs} = builder.finish()
    await this.#tools.files.write('data', id, data)
    for (const blob of blobs) this.#places.set(placeKey(type, blob.id), {pack: id, blob})
    this.#unindexed.push({id, blobs})
    if (this.#unindexed.reduce((sum, {blobs: its}) => sum + its.length, 0) >= indexBlobs) await this.#writeIndex()
  }

  async #writeIndex(): Promise<void> {
    if (this.#unindexed.length === 0) return
    await this.#writeJson('index', formatIndex(this.#unindexed))
    this.#unindexed = []
  }

  async #readJson(folder: 'index' | 'locks' | 'snapshots', name: string): Promise<Buffer> {
    const sealed = await this.#tools.files.read(folder, name)
    if (hashOf(sealed) !== name) throw new InvalidInputError(`the file ${folder}/${name} of the repository is damaged`)
    const open = unseal(this.#key, sealed)
    return open[0] === compressedMark ? this.#tools.compressor.unpack(open.subarray(1), folderLimits[folder].jsonBytes) : open
  }

  async #writeJson(folder: 'index' | 'locks' | 'snapshots', json: Buffer): Promise<string> {
    const packed = await this.#pack(json)
    const sealed = seal(this.#key, packed === undefined ? json : Buffer.concat([Buffer.from([compressedMark]), packed]))
    const name = hashOf(sealed)
    await this.#tools.files.write(folder, name, sealed)
    return name
  }
}

/** Somebody removed it since its name was seen. */
function passOverGone(error: unknown): undefined {
  if (error instanceof NotFoundError) return undefined
  throw error
}

function placeKey(type: BlobType, id: string): string {
  return `${type}/${id}`
}
