// An image in the layout of the Open Container Initiative, as one plain tar archive (`skopeo copy … oci-archive:x.tar`): which layers make its root file
// system, and what it says is to be run (image-layout.md, image-index.md, manifest.md and config.md of the image specification). Nothing is
// unpacked for that: blobs are read where they lie in the archive. Everything but the index is named by its digest, which is checked.
import {createHash} from 'node:crypto'
import {Readable} from 'node:stream'
import {InvalidInputError, UnsupportedError} from '../../../../base/index.ts'
import type {Host} from '../../../../host/index.ts'
import {compressionOf, parseTarBlock} from '../../../../storage/index.ts'
import {readDescriptor, readImageConfig, readJson, listOf} from './image-json.ts'
import type {Descriptor, ImageConfig} from './image-json.ts'

/** Where a blob lies in the archive. */
export interface BlobPlace {
  readonly digest: string
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export interface OciImage {
  readonly layers: readonly BlobPlace[]
  readonly config: ImageConfig
}

const blockBytes = 512
const mostMembers = 2000
const mostLayers = 128
const maxJsonBytes = 4 * 1024 * 1024
const chunkBytes = 1024 * 1024
const deepestIndex = 3
const layerTypes = /^application\/vnd\.(?:oci\.image\.layer\.v1\.tar(?:\+gzip|\+zstd)?|docker\.image\.rootfs\.diff\.tar(?:\.gzip|\.zstd)?)$/
const indexTypes = /^application\/vnd\.(?:oci\.image\.index\.v1\+json|docker\.distribution\.manifest\.list\.v2\+json)$/
/** What such an archive holds, and a root file system does not. */
const layoutNames = /^(?:\.\/)?(?:oci-layout|index\.json|manifest\.json|repositories|blobs\/?|blobs\/sha256\/?|blobs\/sha256\/[0-9a-f]{64})$/

/** Debian's words for architectures, which are Go's for those that we know. */
export type Architecture = string

/**
 * @param path of a plain tar archive
 * @returns undefined when it is no image but a root file system
 * @throws InvalidInputError for an image that is damaged or not what its digests say; UnsupportedError for one of another architecture or with other layers
 */
export async function ociImageIn(path: string, architecture: Architecture, host: Pick<Host, 'files'>): Promise<OciImage | undefined> {
  const members = await layoutMembers(path, host)
  if (members === undefined) return undefined
  const layout = readJson(await smallMember('oci-layout', members, path, host), 'oci-layout')
  if (layout['imageLayoutVersion'] !== '1.0.0') throw new UnsupportedError('the image has a layout of another version than 1.0.0')
  const index = readJson(await smallMember('index.json', members, path, host), 'index.json')
  const manifest = await manifestOf(index, 0)
  const layers = listOf(manifest, 'layers').map((layer) => readDescriptor(layer, 'layers'))
  if (layers.length === 0 || layers.length > mostLayers) throw new InvalidInputError(`the image has ${layers.length} layers; it must be 1 to ${mostLayers}`)
  const other = layers.find(({mediaType}) => !layerTypes.test(mediaType))
  if (other !== undefined) throw new UnsupportedError(`the image has a layer of the type '${other.mediaType.slice(0, 80)}', which cannot be unpacked`)
  const config = readImageConfig(readJson(await blob(readDescriptor(manifest['config'], 'config')), 'config'))
  if (config.architecture !== undefined && config.architecture !== architecture) throw new UnsupportedError(`the image is for ${config.architecture.slice(0, 40)}, and this host is ${architecture}`)
  return {config, layers: layers.map((layer) => placeOf(layer))}

  async function manifestOf(from: Readonly<Record<string, unknown>>, depth: number): Promise<Readonly<Record<string, unknown>>> {
    if (depth > deepestIndex) throw new InvalidInputError('the image has an index in an index without end')
    const all = listOf(from, 'manifests').map((each) => readDescriptor(each, 'manifests'))
    const fitting = all.filter(({platform}) => platform === undefined || platform.os === 'linux' && platform.architecture === architecture)
    const [chosen] = fitting
    if (chosen === undefined) throw new UnsupportedError(`the archive holds no image for linux on ${architecture}`)
    if (fitting.length > 1) throw new UnsupportedError('the archive holds more than one image; save one by itself')
    const json = readJson(await blob(chosen), 'the manifest')
    return indexTypes.test(chosen.mediaType) ? manifestOf(json, depth + 1) : json
  }

  function placeOf({digest, sizeBytes}: Descriptor): BlobPlace {
    const member = members?.get(`blobs/sha256/${digest}`)
    if (member === undefined) throw new InvalidInputError(`the image lacks a part of it, ${digest}`)
    if (member.sizeBytes !== sizeBytes) throw new InvalidInputError(`a part of the image, ${digest}, has ${member.sizeBytes} bytes, and should have ${sizeBytes}`)
    return {digest, ...member}
  }

  async function blob(descriptor: Descriptor): Promise<Buffer> {
    if (descriptor.sizeBytes > maxJsonBytes) throw new InvalidInputError('a description in the image is larger than 4 MiB')
    const {offsetBytes, sizeBytes, digest} = placeOf(descriptor)
    const data = await host.files.readAt(path, offsetBytes, sizeBytes)
    if (createHash('sha256').update(data).digest('hex') !== digest) throw new InvalidInputError(`the image is damaged: ${digest} is not what it should be`)
    return data
  }
}

type Members = ReadonlyMap<string, {readonly offsetBytes: number; readonly sizeBytes: number}>

/** undefined when something is there that no image has. */
async function layoutMembers(path: string, {files}: Pick<Host, 'files'>): Promise<Members | undefined> {
  const wholeBytes = (await files.stat(path, {followLinks: true}))?.sizeBytes ?? 0
  const found = new Map<string, {offsetBytes: number; sizeBytes: number}>()
  let position = 0
  for (let headers = 0; position < wholeBytes; headers++) {
    const block = await files.readAt(path, position, blockBytes)
    // Images are plain archives; what is compressed is a root file system.
    if (headers === 0 && compressionOf(block) !== 'none') return undefined
    const header = parseTarBlock(block)
    if (header === undefined) break
    const {name, type, sizeBytes} = header
    const isAbout = type === 'x' || type === 'g'
    if (!isAbout && name !== './' && !layoutNames.test(name)) return undefined
    if (headers > mostMembers) throw new InvalidInputError(`the image has more than ${mostMembers} parts`)
    if (!isAbout && type !== '0' && type !== '\0' && type !== '5') throw new InvalidInputError(`'${name.slice(0, 80)}' in the image is no plain file`)
    const plain = name.replace(/^\.\//, '')
    if (found.has(plain)) throw new InvalidInputError(`the image holds '${plain}' twice`)
    const offsetBytes = position + blockBytes
    position = offsetBytes + (type === '5' ? 0 : Math.ceil(sizeBytes / blockBytes) * blockBytes)
    if (position > wholeBytes) throw new InvalidInputError('the image is cut off')
    if (!isAbout && type !== '5') found.set(plain, {offsetBytes, sizeBytes})
  }
  return found.has('index.json') && found.has('oci-layout') ? found : undefined
}

async function smallMember(name: string, members: Members, path: string, {files}: Pick<Host, 'files'>): Promise<Buffer> {
  const {offsetBytes, sizeBytes} = members.get(name) ?? {offsetBytes: 0, sizeBytes: 0}
  if (sizeBytes > maxJsonBytes) throw new InvalidInputError(`'${name}' in the image is larger than 4 MiB`)
  return files.readAt(path, offsetBytes, sizeBytes)
}

/** The bytes of a blob, which fail at their end when they are not what its digest says. */
export function blobStream(path: string, {digest, offsetBytes, sizeBytes}: BlobPlace, {files}: Pick<Host, 'files'>): Readable {
  return Readable.from(chunks(), {objectMode: false})

  async function* chunks(): AsyncGenerator<Buffer> {
    const hash = createHash('sha256')
    for (let position = 0; position < sizeBytes;) {
      const chunk = await files.readAt(path, offsetBytes + position, Math.min(chunkBytes, sizeBytes - position))
      if (chunk.length === 0) throw new InvalidInputError('the image is cut off')
      hash.update(chunk)
      position += chunk.length
      yield chunk
    }
    if (hash.digest('hex') !== digest) throw new InvalidInputError(`the image is damaged: ${digest} is not what it should be`)
  }
}
