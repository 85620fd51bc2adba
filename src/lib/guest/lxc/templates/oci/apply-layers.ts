// Puts the layers of an image on top of each other in a root file system. What a layer takes away from those below it (files `.wh.NAME`, and `.wh..wh..opq`
// for all that a folder held: layer.md of the image specification) goes before the layer is unpacked, by a walk that no link leads out of.
import {createHash} from 'node:crypto'
import {InvalidInputError, UnavailableError} from '../../../../base/index.ts'
import type {FileTree, MountSpace} from '../../../../host/index.ts'
import type {Context} from '../../../../tasks/index.ts'
import type {IdMap} from '../../config/index.ts'
import {compressionOf, decompressArgv} from '../../../../storage/index.ts'
import {asContainerRoot, boundedTar} from '../extract-argv.ts'
import {peek} from '../metered-stream.ts'
import {unpack} from '../unpack.ts'
import {blobStream} from './image-archive.ts'
import type {BlobPlace} from './image-archive.ts'
import {damaged} from './image-json.ts'
import {PassThrough} from 'node:stream'

const limitMs = 24 * 3600_000
const mostMarks = 100_000
const deepest = 256

export interface LayersWish {
  /** The archive. */
  readonly path: string
  readonly layers: readonly BlobPlace[]
  readonly jail: readonly string[]
  readonly map: IdMap
  readonly maxBytes: number
  readonly ignoreErrors: boolean
  readonly bytesPerSecond: number
}

/** @throws as unpack; InvalidInputError for a layer that is not what its digest says */
export async function applyLayers(wish: LayersWish, {space, tree}: {readonly space: MountSpace; readonly tree: FileTree}, context: Context): Promise<void> {
  let leftBytes = wish.maxBytes
  for (const [index, layer] of wish.layers.entries()) {
    const name = `layer ${index + 1} of ${wish.layers.length} of ${wish.path}`
    // The first has nothing below it, but its digest is checked by this as well, before anything of it is unpacked.
    const marks = await marksOf(layer, wish, leftBytes, space, context)
    for (const mark of index === 0 ? [] : marks) await takeAway(mark, tree)
    const {plainBytes} = await unpack({...wish, input: blobStream(wish.path, layer, context.host), name, sizeBytes: layer.sizeBytes, maxBytes: leftBytes, isLayer: true}, space, context)
    leftBytes -= plainBytes
  }
}

/** The paths of the marks in a layer, as tar names them. */
async function marksOf(layer: BlobPlace, {path, jail, map}: LayersWish, maxBytes: number, space: MountSpace, context: Context): Promise<readonly string[]> {
  const {start, whole} = await peek(blobStream(path, layer, context.host), 512)
  const compression = compressionOf(start)
  const marks: string[] = []
  const tooMany = new AbortController()
  const signal = AbortSignal.any([context.signal, tooMany.signal])
  const plain = new PassThrough()
  const hash = createHash('sha256')
  let bytes = 0
  plain.on('data', (chunk: Buffer) => { bytes += chunk.length; if (layer.isPlainDigest === true) hash.update(chunk); if (bytes > maxBytes) tooMany.abort() })
  const limits = {timeoutMs: limitMs, signal, maxOutputBytes: 64 * 1024}
  const list = space.run(asContainerRoot(map, [...jail, ...boundedTar, '--list', '--file=-', '--quoting-style=escape']), {
    ...limits, inputStream: plain, onLine: (line, stream) => {
      if (stream === 'stdout' && /(?:^|\/)\.wh\./.test(line)) marks.push(unescaped(line))
      if (marks.length > mostMarks) tooMany.abort()
    },
  })
  list.catch(() => undefined)
  try {
    if (compression === 'none') whole.on('error', (error) => { plain.destroy(error) }).pipe(plain)
    else await space.run(asContainerRoot(map, [...jail, ...decompressArgv(compression)]), {...limits, inputStream: whole, outputStream: plain}).finally(() => { plain.end() })
    await list
  } catch (cause) {
    whole.destroy()
    plain.destroy()
    await list.catch(() => undefined)
    if (context.signal.aborted || !tooMany.signal.aborted) throw cause
    throw new UnavailableError(`the image ${path} holds more than the ${maxBytes} bytes for which there is room, or takes away more than ${mostMarks} files`, {cause})
  }
  if (layer.isPlainDigest === true && hash.digest('hex') !== layer.digest) throw damaged(layer.digest)
  return marks
}

/** `\\n` and octal numbers, as tar's quoting style `escape` writes them. */
function unescaped(line: string): string {
  return Buffer.from(line.replace(/\\([0-7]{3}|.)/g, (_all, code: string) => /^\d{3}$/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : {n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', v: '\v', f: '\f'}[code] ?? code), 'latin1').toString('latin1')
}

async function takeAway(mark: string, tree: FileTree): Promise<void> {
  const slash = mark.lastIndexOf('/')
  const folder = mark.slice(0, slash + 1)
  const name = mark.slice(slash + 1)
  if (name === '.wh..wh..opq') {
    if ((await tree.stat(folder === '' ? '.' : folder, {followLinks: true}))?.kind !== 'directory') return
    for (const each of await tree.list(folder === '' ? '.' : folder)) await removeAll(`${folder}${each}`, tree, 0)
    return
  }
  const target = name.slice('.wh.'.length)
  if (target === '' || target === '.' || target === '..' || target.startsWith('.wh.')) return
  await removeAll(`${folder}${target}`, tree, 0)
}

async function removeAll(path: string, tree: FileTree, depth: number): Promise<void> {
  if (depth > deepest) throw new InvalidInputError('the image has folders in folders without end')
  if ((await tree.stat(path, {followLinks: false}))?.kind === 'directory') {
    for (const name of await tree.list(path)) await removeAll(`${path}/${name}`, tree, depth + 1)
  }
  await tree.remove(path)
}
