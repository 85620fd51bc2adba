// An image as `docker save` wrote it before version 25, and as podman and skopeo write it (`docker-archive:x.tar`): manifest.json names the configuration and the
// layers, which are plain tar archives (tarexport of Docker's documents of the image format, version 1.2). The configuration is named by its digest; that of each
// layer stands in the configuration. Both are checked.
import {createHash} from 'node:crypto'
import {posix} from 'node:path'
import {InvalidInputError, UnsupportedError} from '../../../../base/index.ts'
import type {Host} from '../../../../host/index.ts'
import {compressionOf} from '../../../../storage/index.ts'
import type {BlobPlace, ContainerImage} from './image-archive.ts'
import {assertFits, damaged, readDiffIds, readImageConfig, readJson, readSavedImages} from './image-json.ts'
import type {Architecture} from './image-json.ts'
import {mostLayers, smallMember} from './image-members.ts'
import type {MemberPlace, Members} from './image-members.ts'

const longestWay = 8

/** @throws InvalidInputError for an image that is damaged or not what its digests say; UnsupportedError for one of another architecture, and for several in one */
export async function dockerImage(members: Members, path: string, architecture: Architecture, host: Pick<Host, 'files'>): Promise<ContainerImage> {
  const [image, ...others] = readSavedImages(await smallMember('manifest.json', members.files, path, host))
  if (image === undefined) throw new InvalidInputError('the archive holds no image')
  if (others.length > 0) throw new UnsupportedError('the archive holds more than one image; save one by itself')
  const {config: configName, layers: names} = image
  if (!members.files.has(configName)) throw new InvalidInputError(`the image lacks a part of it, ${configName.slice(0, 80)}`)
  const data = await smallMember(configName, members.files, path, host)
  const named = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(configName)?.[1]
  if (named === undefined) throw new InvalidInputError('the image does not say what it names: its configuration has a name without a digest')
  if (createHash('sha256').update(data).digest('hex') !== named) throw damaged(named)
  const json = readJson(data, 'config')
  const config = readImageConfig(json)
  assertFits(config, architecture)
  const digests = readDiffIds(json)
  if (names.length === 0 || names.length > mostLayers) throw new InvalidInputError(`the image has ${names.length} layers; it must be 1 to ${mostLayers}`)
  if (digests.length !== names.length) throw new InvalidInputError(`the image has ${names.length} layers, and its configuration has the digests of ${digests.length}`)
  const layers: BlobPlace[] = []
  for (const [index, name] of names.entries()) {
    const place = memberBehind(name, members)
    const isPlain = compressionOf(await host.files.readAt(path, place.offsetBytes, Math.min(512, place.sizeBytes))) === 'none'
    layers.push({digest: digests[index] ?? '', ...place, ...(isPlain ? {} : {isPlainDigest: true as const})})
  }
  return {config, layers}
}

/** A layer that is in the archive already is a link to it, which leads nowhere but to another member. */
function memberBehind(name: string, {files, links}: Members): MemberPlace {
  let current = name
  for (let steps = 0; steps <= longestWay; steps++) {
    const place = files.get(current)
    if (place !== undefined) return place
    const link = links.get(current)
    if (link === undefined) break
    current = posix.join(posix.dirname(current), link)
  }
  throw new InvalidInputError(`the image lacks a part of it, ${name.slice(0, 80).replace(/\p{Cc}/gu, '?')}`)
}
