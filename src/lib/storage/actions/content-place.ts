// The action that puts a file onto a storage as content: fetched from a web server, or taken from a file of the host or standard input. It is
// written beside its place, compared with its checksum, opened where it is compressed, and named last. Its undo is content.discard.
import {pipeline} from 'node:stream/promises'
import {ConflictError, InvalidInputError} from '../../base/index.ts'
import type {Action, Context} from '../../tasks/index.ts'
import {commandLine, defineAction} from '../../tasks/index.ts'
import type {ArchiveCompression} from '../archive-name.ts'
import {decompressArgv, withoutDecompressor} from '../archive/plain-beginning.ts'
import {checkUrl, fetchUrl} from '../content/fetch-url.ts'
import type {ChecksumAlgorithm} from '../content/receive-file.ts'
import {receiveFile, writeArgv} from '../content/receive-file.ts'
import {importFormats, readImageFile} from '../image-file-source.ts'
import {openVolume} from '../open-storage.ts'
import {readingFrom, streamPlace} from '../transfer/stream-places.ts'

export type ContentSource =
  | {readonly url: string; readonly verifiesCertificates: boolean; readonly mayBePrivate: boolean}
  /** The path of a file, or `-` for standard input. */
  | {readonly file: string}

export interface ContentPlace extends Action {
  readonly kind: 'content.place'
  readonly volume: string
  readonly path: string
  readonly source: ContentSource
  /** In lower case. */
  readonly checksum?: {readonly algorithm: ChecksumAlgorithm; readonly value: string}
  readonly compression?: ArchiveCompression
}

export interface ContentDiscard extends Action { readonly kind: 'content.discard'; readonly path: string }

const partPath = (path: string) => `${path}.part`
const openedPath = (path: string) => `${path}.opened.part`
const readyPath = (path: string, compression: ArchiveCompression | undefined) => (compression === undefined ? partPath(path) : openedPath(path))

export const contentPlace = defineAction<ContentPlace>({
  kind: 'content.place',
  conflictMeansUntouched: true,
  describe: ({volume, path, source, checksum, compression}) => [
    `# ${'url' in source ? `fetch ${withoutQuery(source.url)}` : `take ${streamPlace(source.file, 'input')}`} as ${volume}`,
    ...(checksum === undefined ? [] : [`# its ${checksum.algorithm} must be ${checksum.value}`]), ...(compression === undefined ? [] : [`# it is compressed (${compression}) and opened`]),
    ...('url' in source || source.file === '-' ? [] : [commandLine(['cat', '--', source.file])]),
    ...[writeArgv(partPath(path)), ...(compression === undefined ? [] : [decompressArgv(compression, partPath(path)), writeArgv(openedPath(path))])].map((argv) => commandLine(argv)),
    ...[['chmod', '0644', '--', readyPath(path, compression)], ['mv', '--', readyPath(path, compression), path]].map((argv) => commandLine(argv)),
  ],
  run: async (action, context) => {
    const {volume, path, compression} = action
    const {storage, id} = await openVolume(volume, context)
    await storage.activate()
    if (await context.host.files.stat(path) !== undefined) throw new ConflictError(`there is a volume ${volume} already`)
    const folder = path.slice(0, path.lastIndexOf('/'))
    if (await context.host.files.stat(folder) === undefined) await context.host.files.makeDirectory(folder, 0o755)
    const {availableBytes: maxBytes} = await storage.usage()
    try {
      await receive(action, maxBytes, context)
      if (compression !== undefined) await open(path, compression, maxBytes, context)
      const ready = readyPath(path, compression)
      await checkContent(storage.parseName(id.name).content, path, ready, context)
      await context.host.run(['chmod', '0644', '--', ready])
      if (await context.host.files.stat(path) !== undefined) throw new ConflictError(`there is a volume ${volume} already`)
      await context.host.files.rename(ready, path)
      await context.host.run(['sync', '--', folder])
    } finally {
      await context.host.files.remove(partPath(path))
      if (compression !== undefined) await context.host.files.remove(openedPath(path))
    }
    context.log.info(`'${volume}' is there`)
  },
})

/** Removes what a dead command was writing. The volume itself is there only when it is whole. */
export const contentDiscard = defineAction<ContentDiscard>({
  kind: 'content.discard',
  describe: ({path}) => [partPath(path), openedPath(path)].map((each) => commandLine(['rm', '-f', '--', each])),
  run: async ({path}, {host}) => {
    for (const each of [partPath(path), openedPath(path)]) await host.files.remove(each)
  },
})

/** @throws InvalidInputError when the checksum is another one */
async function receive({path, source, checksum}: ContentPlace, maxBytes: number, context: Context): Promise<void> {
  const wish = {maxBytes, ...(checksum === undefined ? {} : {algorithm: checksum.algorithm})}
  let received: {readonly sizeBytes: number; readonly checksum: string} | undefined
  if ('url' in source) {
    await fetchUrl(source, {receive: async (work) => { received = await receiveFile(partPath(path), wish, context, work) }}, context)
  } else {
    received = await readingFrom(source.file, context, (from) => receiveFile(partPath(path), wish, context, (to) => pipeline(from, to)))
  }
  if (received === undefined || received.sizeBytes === 0) throw new InvalidInputError('nothing came: the file is empty')
  context.log.info(`received ${received.sizeBytes} bytes, ${checksum?.algorithm ?? 'sha256'} ${received.checksum}`)
  if (checksum !== undefined && received.checksum !== checksum.value) {
    throw new InvalidInputError(`the file is not the right one: its ${checksum.algorithm} is ${received.checksum}, not ${checksum.value}`, {checksum: 'is that of another file'}, {nextSteps: ['It was removed again. Look whether the checksum belongs to this version of the file.']})
  }
}

async function open(path: string, compression: ArchiveCompression, maxBytes: number, context: Context): Promise<void> {
  try {
    await receiveFile(openedPath(path), {maxBytes}, context, async (to) => {
      await context.host.run(decompressArgv(compression, partPath(path)), {timeoutMs: 24 * 3600_000, signal: context.signal, outputStream: to, maxOutputBytes: 64 * 1024})
    })
  } catch (error) {
    throw withoutDecompressor(compression, error)
  }
}

/** An image that came from elsewhere stands alone. @throws as readImageFile */
async function checkContent(content: string, path: string, ready: string, {host}: Context): Promise<void> {
  if (content !== 'import') return
  const ending = path.slice(path.lastIndexOf('.') + 1)
  const format = importFormats.find((known) => known === ending)
  if (format !== undefined) await readImageFile(ready, host, format)
}

/** What stands behind the question mark may be a key. */
function withoutQuery(url: string): string {
  const {origin, pathname, search} = checkUrl(url)
  return `${origin}${pathname}${search === '' ? '' : '?…'}`
}
