// The plan of everything that puts a file onto a storage as content.
import {ConflictError, InvalidInputError} from '../../base/index.ts'
import type {Plan} from '../../tasks/index.ts'
import type {ContentPlace, ContentSource} from '../actions/content-place.ts'
import type {ArchiveCompression} from '../archive-name.ts'
import type {StorageContext} from '../open-storage.ts'
import {openStorage} from '../open-storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {PlacedContent} from './content-name.ts'
import {contentVolumeName} from './content-name.ts'
import type {ChecksumAlgorithm} from './receive-file.ts'

export interface ContentWish {
  readonly storage: string
  readonly content: string
  readonly filename: string
  readonly checksum?: string | undefined
  readonly 'checksum-algorithm'?: string | undefined
  readonly compression?: string | undefined
}

/** The lock of one name: the storage itself is free for others meanwhile. */
export function contentLock({storage, content, filename}: Pick<ContentWish, 'storage' | 'content' | 'filename'>): string {
  return `content/${storage}/${contentVolumeName(content as PlacedContent, filename)}`
}

/** @throws ConflictError when there is a volume by that name; InvalidInputError when the storage does not hold such content */
export async function contentPlan(wish: ContentWish, source: ContentSource, context: StorageContext): Promise<Plan> {
  const {storage: name, content, filename, compression} = wish
  const storage = await openStorage(name, context)
  const id = {storage: name, name: contentVolumeName(content as PlacedContent, filename)}
  const {defaultContent} = storage.traits
  if (!defaultContent.some((each) => each === content)) {
    throw new InvalidInputError(`storage '${name}' does not hold ${content}: its content is ${defaultContent.join(',') || 'none'}`, {content: 'is not held there'}, {nextSteps: [`Allow it: pvesm set ${name} --content ${[...defaultContent, content].join(',')}`]})
  }
  if (compression !== undefined && content !== 'iso') throw new InvalidInputError('only ISO images are opened when they are compressed', {compression: 'is for content iso'})
  const volume = formatVolumeId(id)
  if (await storage.exists(id)) throw new ConflictError(`there is a volume ${volume} already`, {nextSteps: [`Remove it first: pvesm free ${volume}`, 'Or take another --filename.']})
  const checksum = checksumOf(wish)
  const path = storage.path(id)
  const place: ContentPlace = {kind: 'content.place', volume, path, source, ...(checksum === undefined ? {} : {checksum}), ...(compression === undefined ? {} : {compression: compression as ArchiveCompression})}
  return {steps: [{do: place, undo: {kind: 'content.discard', path}}], whenInterrupted: 'undo', result: volume}
}

const hexDigits = {md5: 32, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128} as const

function checksumOf({checksum, 'checksum-algorithm': algorithm}: ContentWish): ContentPlace['checksum'] {
  if (checksum === undefined || algorithm === undefined) return undefined
  const known = algorithm as ChecksumAlgorithm
  const value = checksum.trim().toLowerCase()
  if (value.length === hexDigits[known] && /^[0-9a-f]+$/.test(value)) return {algorithm: known, value}
  throw new InvalidInputError(`a ${known} checksum has ${hexDigits[known]} hexadecimal digits`, {checksum: `must have ${hexDigits[known]} hexadecimal digits`})
}
