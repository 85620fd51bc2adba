// What lies where in an OVA, which is a tar archive of a manifest and images: they are read where they are, nothing is unpacked. The names, the
// order and the sizes are a stranger's.
import {InvalidInputError, NotFoundError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {FilePart} from '../image-file-source.ts'
import {parsePaxRecords, parseTarHeader, tarBlockBytes} from './tar-header.ts'

export interface OvaMember {
  readonly name: string
  /** Where its data begin in the archive. */
  readonly offsetBytes: number
  readonly sizeBytes: number
}

const mostMembers = 256
const maxManifestBytes = 4 * 1024 * 1024

/**
 * @returns the files of the archive in their order
 * @throws InvalidInputError for an archive that is damaged, cut off, or holds a name twice or none that is plain; UnsupportedError for links,
 *   devices and the like; NotFoundError
 */
export async function readOvaMembers(host: Pick<Host, 'files'>, path: string): Promise<readonly OvaMember[]> {
  const stat = await host.files.stat(path, {followLinks: true})
  if (stat?.kind !== 'file') throw new NotFoundError(`there is no file ${path}`)
  const members: OvaMember[] = []
  let position = 0
  let known: {readonly sizeBytes?: number} = {}
  for (let headers = 0; position < stat.sizeBytes; headers++) {
    if (headers >= 2 * mostMembers) throw new InvalidInputError(`the archive ${path} holds more than ${mostMembers} files`)
    const header = parseTarHeader(await host.files.readAt(path, position, tarBlockBytes))
    if (header === undefined) break
    const offsetBytes = position + tarBlockBytes
    const sizeBytes = known.sizeBytes ?? header.sizeBytes
    const endBytes = offsetBytes + paddedBytes(sizeBytes)
    if (endBytes > stat.sizeBytes) throw new InvalidInputError(`the archive ${path} is cut off: '${header.name}' should have ${sizeBytes} bytes`)
    if (header.kind === 'extension') {
      known = parsePaxRecords(await host.files.readAt(path, offsetBytes, sizeBytes))
    } else {
      if (members.some(({name}) => name === header.name)) throw new InvalidInputError(`the archive ${path} holds '${header.name}' twice`)
      members.push({name: header.name, offsetBytes, sizeBytes})
      known = {}
    }
    position = endBytes
  }
  if (members.length === 0) throw new InvalidInputError(`the archive ${path} is empty`)
  return members
}

/** Where an image lies, for QEMU, which reads whole sectors: with the zeros that fill its last block. */
export function ovaImagePart({offsetBytes, sizeBytes}: OvaMember): FilePart {
  return {offsetBytes, sizeBytes: paddedBytes(sizeBytes)}
}

function paddedBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / tarBlockBytes) * tarBlockBytes
}

/** A file of the archive by its name. @throws NotFoundError naming those that are there */
export function ovaMember(members: readonly OvaMember[], name: string): OvaMember {
  const found = members.find((member) => member.name === name)
  if (found !== undefined) return found
  const names = members.map((member) => member.name).slice(0, 10).join(', ')
  throw new NotFoundError(`the archive has no file '${name}'`, {nextSteps: [`It has ${names}.`]})
}

/**
 * The one manifest of the archive. What is imported must be what was looked at, so an archive with two is not taken.
 * @throws InvalidInputError
 */
export function ovaManifest(members: readonly OvaMember[]): OvaMember {
  const [manifest, second] = members.filter(({name}) => /\.ovf$/i.test(name))
  if (manifest === undefined) throw new InvalidInputError('the archive has no manifest (a file that ends in .ovf)')
  if (second !== undefined) throw new InvalidInputError(`the archive has two manifests, '${manifest.name}' and '${second.name}'`)
  return manifest
}

/** The text of a small member: a manifest, a list of digests. @throws InvalidInputError when it is no such text */
export async function readOvaText(host: Pick<Host, 'files'>, path: string, member: OvaMember): Promise<string> {
  if (member.sizeBytes > maxManifestBytes) throw new InvalidInputError(`'${member.name}' in ${path} is larger than 4 MiB`)
  return utf8Text(await host.files.readAt(path, member.offsetBytes, member.sizeBytes), member.name)
}

/** @throws InvalidInputError when the bytes are no UTF-8 */
export function utf8Text(data: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(data)
  } catch {
    throw new InvalidInputError(`'${name}' is no UTF-8 text`)
  }
}
