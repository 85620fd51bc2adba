// What lies where in the archive of an image: its members, found by their headers. Nothing is unpacked; the archive is a stranger's.
import {InvalidInputError} from '../../../../base/index.ts'
import type {Host} from '../../../../host/index.ts'
import {compressionOf, parseTarBlock} from '../../../../storage/index.ts'

export interface MemberPlace {
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export interface Members {
  /** By their names, without `./` before them. */
  readonly files: ReadonlyMap<string, MemberPlace>
  /** Where symbolic links lead, as they say it. */
  readonly links: ReadonlyMap<string, string>
}

export const maxJsonBytes = 4 * 1024 * 1024
export const mostLayers = 128
const blockBytes = 512
const mostMembers = 2000
/** What such an archive holds, and a root file system does not: of the layout of the Open Container Initiative, and of Docker's own. */
const layoutNames = /^(?:\.\/)?(?:oci-layout|index\.json|manifest\.json|repositories|blobs\/?|blobs\/sha256\/?|blobs\/sha256\/[0-9a-f]{64})$/
const dockerNames = /^(?:\.\/)?(?:(?:sha256:)?[0-9a-f]{64}(?:\.json|\.tar|\.tar\.gz)?|[0-9a-f]{64}\/(?:VERSION|json|layer\.tar)?)$/

/**
 * Pure: whether a plain archive of which this is the beginning is an image's, as far as that shows: all of its members have names of images, and one at least that no
 * root file system has at its top.
 */
export function beginsAsImage(start: Buffer): boolean {
  let hasPart = false
  for (let position = 0; position + blockBytes <= start.length;) {
    const header = headerAt(start, position)
    if (header === undefined) break
    const {name, type, sizeBytes} = header
    if (type !== 'x' && type !== 'g') {
      if (!isImageName(name)) return false
      hasPart ||= type !== '5' || dockerNames.test(name)
    }
    position += blockBytes + (type === '5' || type === '2' ? 0 : Math.ceil(sizeBytes / blockBytes) * blockBytes)
  }
  return hasPart
}

/** undefined at the end, and for what is no header. */
function headerAt(start: Buffer, position: number): ReturnType<typeof parseTarBlock> {
  try {
    return parseTarBlock(start.subarray(position, position + blockBytes))
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

function isImageName(name: string): boolean {
  return name === './' || layoutNames.test(name) || dockerNames.test(name)
}

/** undefined when something is there that no image has. @throws InvalidInputError for an archive that is cut off, or holds what no image may */
export async function imageMembers(path: string, {files}: Pick<Host, 'files'>): Promise<Members | undefined> {
  const wholeBytes = (await files.stat(path, {followLinks: true}))?.sizeBytes ?? 0
  const found = new Map<string, MemberPlace>()
  const links = new Map<string, string>()
  let position = 0
  for (let headers = 0; position < wholeBytes; headers++) {
    const block = await files.readAt(path, position, blockBytes)
    // An image that is compressed as a whole is opened before it is looked at; everything else is a root file system.
    if (headers === 0 && compressionOf(block) !== 'none') return undefined
    const header = parseTarBlock(block)
    if (header === undefined) break
    const {name, type, sizeBytes, link} = header
    const isAbout = type === 'x' || type === 'g'
    if (!isAbout && !isImageName(name)) return undefined
    if (headers > mostMembers) throw new InvalidInputError(`the image has more than ${mostMembers} parts`)
    const plain = name.replace(/^\.\//, '')
    const isLink = type === '2' && dockerNames.test(name)
    if (!isAbout && !isLink && type !== '0' && type !== '\0' && type !== '5') throw new InvalidInputError(`'${name.slice(0, 80)}' in the image is no plain file`)
    if (found.has(plain) || links.has(plain)) throw new InvalidInputError(`the image holds '${plain}' twice`)
    const offsetBytes = position + blockBytes
    position = offsetBytes + (type === '5' || isLink ? 0 : Math.ceil(sizeBytes / blockBytes) * blockBytes)
    if (position > wholeBytes) throw new InvalidInputError('the image is cut off')
    if (isLink) links.set(plain, link)
    else if (!isAbout && type !== '5') found.set(plain, {offsetBytes, sizeBytes})
  }
  return {files: found, links}
}

/** The bytes of a document; empty when it is not there. */
export async function smallMember(name: string, members: Members['files'], path: string, {files}: Pick<Host, 'files'>): Promise<Buffer> {
  const {offsetBytes, sizeBytes} = members.get(name) ?? {offsetBytes: 0, sizeBytes: 0}
  if (sizeBytes > maxJsonBytes) throw new InvalidInputError(`'${name.slice(0, 80)}' in the image is larger than 4 MiB`)
  return files.readAt(path, offsetBytes, sizeBytes)
}
