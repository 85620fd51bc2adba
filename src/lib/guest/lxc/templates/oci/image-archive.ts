// An image for containers as one plain tar archive: in the layout of the Open Container Initiative (`skopeo copy … oci-archive:x.tar`, or what `docker save`
// has written since version 25), else in the older one of `docker save` (docker-archive.ts). It says which layers make its root file system, and what is to be
// run (image-layout.md, image-index.md, manifest.md and config.md of the image specification). Nothing is unpacked for that: blobs are read where they lie in
// the archive. Everything but the index is named by its digest, which is checked.
import {createHash} from 'node:crypto'
import {Readable} from 'node:stream'
import {InvalidInputError, UnsupportedError} from '../../../../base/index.ts'
import type {Host} from '../../../../host/index.ts'
import {assertFits, damaged, readDescriptor, readImageConfig, readJson, listOf} from './image-json.ts'
import type {Architecture, Descriptor, ImageConfig} from './image-json.ts'
import {imageMembers, maxJsonBytes, mostLayers, smallMember} from './image-members.ts'
import type {Members} from './image-members.ts'

/** Where a blob lies in the archive. */
export interface BlobPlace {
  readonly digest: string
  /** The digest is that of what comes out of the compression. */
  readonly isPlainDigest?: true
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export interface ContainerImage {
  readonly layers: readonly BlobPlace[]
  readonly config: ImageConfig
}

const chunkBytes = 1024 * 1024
const deepestIndex = 3
const layerTypes = /^application\/vnd\.(?:oci\.image\.layer\.v1\.tar(?:\+gzip|\+zstd)?|docker\.image\.rootfs\.diff\.tar(?:\.gzip|\.zstd)?)$/
const indexTypes = /^application\/vnd\.(?:oci\.image\.index\.v1\+json|docker\.distribution\.manifest\.list\.v2\+json)$/

/**
 * @param path of a plain tar archive
 * @returns undefined when it is no image but a root file system
 * @throws InvalidInputError for an image that is damaged or not what its digests say; UnsupportedError for one of another architecture or with other layers
 */
export async function imageIn(path: string, architecture: Architecture, host: Pick<Host, 'files'>): Promise<ContainerImage | undefined> {
  const members = await imageMembers(path, host)
  if (members === undefined) return undefined
  if (members.files.has('index.json') && members.files.has('oci-layout')) return ociImage(members, path, architecture, host)
  if (!members.files.has('manifest.json')) return undefined
  const {dockerImage} = await import('./docker-archive.ts')
  return dockerImage(members, path, architecture, host)
}

async function ociImage({files, links}: Members, path: string, architecture: Architecture, host: Pick<Host, 'files'>): Promise<ContainerImage> {
  const [link] = links.keys()
  if (link !== undefined) throw new InvalidInputError(`'${link.slice(0, 80)}' in the image is no plain file`)
  const layout = readJson(await smallMember('oci-layout', files, path, host), 'oci-layout')
  if (layout['imageLayoutVersion'] !== '1.0.0') throw new UnsupportedError('the image has a layout of another version than 1.0.0')
  const index = readJson(await smallMember('index.json', files, path, host), 'index.json')
  const manifest = await manifestOf(index, 0)
  const layers = listOf(manifest, 'layers').map((layer) => readDescriptor(layer, 'layers'))
  if (layers.length === 0 || layers.length > mostLayers) throw new InvalidInputError(`the image has ${layers.length} layers; it must be 1 to ${mostLayers}`)
  const other = layers.find(({mediaType}) => !layerTypes.test(mediaType))
  if (other !== undefined) throw new UnsupportedError(`the image has a layer of the type '${other.mediaType.slice(0, 80)}', which cannot be unpacked`)
  const config = readImageConfig(readJson(await blob(readDescriptor(manifest['config'], 'config')), 'config'))
  assertFits(config, architecture)
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
    const member = files.get(`blobs/sha256/${digest}`)
    if (member === undefined) throw new InvalidInputError(`the image lacks a part of it, ${digest}`)
    if (member.sizeBytes !== sizeBytes) throw new InvalidInputError(`a part of the image, ${digest}, has ${member.sizeBytes} bytes, and should have ${sizeBytes}`)
    return {digest, ...member}
  }

  async function blob(descriptor: Descriptor): Promise<Buffer> {
    if (descriptor.sizeBytes > maxJsonBytes) throw new InvalidInputError('a description in the image is larger than 4 MiB')
    const {offsetBytes, sizeBytes, digest} = placeOf(descriptor)
    const data = await host.files.readAt(path, offsetBytes, sizeBytes)
    if (createHash('sha256').update(data).digest('hex') !== digest) throw damaged(digest)
    return data
  }
}

/** The bytes of a blob, which fail at their end when they are not what its digest says. A digest of what comes out of them is looked at by whoever opens them. */
export function blobStream(path: string, {digest, isPlainDigest, offsetBytes, sizeBytes}: BlobPlace, {files}: Pick<Host, 'files'>): Readable {
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
    if (isPlainDigest !== true && hash.digest('hex') !== digest) throw damaged(digest)
  }
}
