// Image files that come from elsewhere: what format a file has, how large the disk in it is, and that it is whole. Nothing that its header
// names is ever opened: qcow2 and VMDK are read by our own reader, the others have no way of naming files and are looked at by qemu-img
// with the format named.
import {ForbiddenError, InvalidInputError, NotFoundError, UnsupportedError} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import {headerBytes, parseImageHeader} from './dir/image-header.ts'

/** Formats that a file may have from which a volume is filled. */
export const importFormats = ['raw', 'qcow2', 'vmdk', 'vdi', 'vhdx', 'vpc'] as const
export type ImportFormat = (typeof importFormats)[number]

/** A piece of a file, such as an image within an archive. */
export interface FilePart {
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export interface ImageFile {
  readonly path: string
  readonly format: ImportFormat
  /** Of the disk that the image holds. */
  readonly sizeBytes: number
}

const infoTimeoutMs = 60_000
const deviceTimeoutMs = 30_000

/**
 * @param path absolute; a file or a block device
 * @param format when it is known; else the file's ending or its first bytes tell it. A device is raw.
 * @param part where the image is only a piece of the file
 * @throws NotFoundError, InvalidInputError when it is no such image, ForbiddenError when its data lies elsewhere
 */
export async function readImageFile(path: string, host: Host, format?: ImportFormat, part?: FilePart): Promise<ImageFile> {
  const stat = await host.files.stat(path, {followLinks: true})
  if (stat === undefined) throw new NotFoundError(`there is no file ${path}`)
  if (stat.kind === 'block' && part === undefined) return {path, format: 'raw', sizeBytes: await deviceSize(path, host)}
  if (stat.kind !== 'file') throw new InvalidInputError(`${path} is neither a file nor a block device`)
  const {offsetBytes, sizeBytes: fileBytes} = part ?? {offsetBytes: 0, sizeBytes: stat.sizeBytes}
  const head = await host.files.readAt(path, offsetBytes, Math.min(headerBytes, fileBytes))
  const known = format ?? formatOfEnding(path) ?? formatOfHead(head)
  if (part !== undefined && (known === 'vdi' || known === 'vhdx' || known === 'vpc')) throw new UnsupportedError(`images of format ${known} are not read within an archive`, {nextSteps: [`Take it out first: tar -xf ${path}`]})
  const sizeBytes = await virtualSize(path, known, {head, fileBytes}, host)
  if (sizeBytes < 1) throw new InvalidInputError(`the image ${path} is empty`)
  return {path, format: known, sizeBytes}
}

async function virtualSize(path: string, format: ImportFormat, {head, fileBytes}: {head: Buffer; fileBytes: number}, host: Host): Promise<number> {
  switch (format) {
    case 'raw': return fileBytes
    case 'qcow2':
    case 'vmdk': return sizeOfWhole(path, format, head)
    case 'vdi':
    case 'vhdx':
    case 'vpc': return sizeByQemuImg(path, format, host)
  }
}

/** @throws ForbiddenError for an image that stands on another file, or keeps its data in one */
function sizeOfWhole(path: string, format: 'qcow2' | 'vmdk', head: Buffer): number {
  const header = readHeader(path, format, head)
  const other = header.hasExternalData ? 'keeps its data in another file' : header.backing === undefined ? undefined : `stands on another file ('${shown(header.backing)}')`
  if (other !== undefined) {
    throw new ForbiddenError(`the image ${path} ${other}, which is not opened`, {nextSteps: [`If you trust it, make it whole first: qemu-img convert -O ${format} …`]})
  }
  return header.virtualSizeBytes
}

function readHeader(path: string, format: 'qcow2' | 'vmdk', head: Buffer): ReturnType<typeof parseImageHeader> {
  try {
    return parseImageHeader(format, head)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`${path} cannot be read as ${format}: ${error.message}`, {}, {cause: error})
  }
}

async function sizeByQemuImg(path: string, format: ImportFormat, host: Host): Promise<number> {
  const {stdout} = await host.run(['qemu-img', 'info', '--output=json', '-f', format, '--', path], {timeoutMs: infoTimeoutMs, maxOutputBytes: 64 * 1024})
  const sizeBytes = virtualSizeOf(stdout)
  if (sizeBytes === undefined) throw new InvalidInputError(`qemu-img does not say how large the image ${path} is`)
  return sizeBytes
}

/** Pure. */
function virtualSizeOf(json: string): number | undefined {
  try {
    const info: unknown = JSON.parse(json)
    const size: unknown = typeof info === 'object' && info !== null ? (info as Record<string, unknown>)['virtual-size'] : undefined
    return typeof size === 'number' && Number.isSafeInteger(size) ? size : undefined
  } catch {
    return undefined
  }
}

async function deviceSize(path: string, host: Host): Promise<number> {
  const {stdout} = await host.run(['blockdev', '--getsize64', path], {timeoutMs: deviceTimeoutMs})
  const sizeBytes = /^\d{1,16}$/.test(stdout.trim()) ? Number(stdout.trim()) : 0
  if (sizeBytes < 1) throw new InvalidInputError(`the device ${path} has no size`)
  return sizeBytes
}

/** What the ending of a file's name promises. `.img` and the like promise nothing: many clouds give qcow2 images that name. */
export function formatOfEnding(path: string): ImportFormat | undefined {
  switch (/\.([a-z0-9]{1,8})$/i.exec(path)?.[1]?.toLowerCase()) {
    case 'raw': return 'raw'
    case 'qcow2': return 'qcow2'
    case 'vmdk': return 'vmdk'
    case 'vdi': return 'vdi'
    case 'vhdx': return 'vhdx'
    case 'vhd':
    case 'vpc': return 'vpc'
    default: return undefined
  }
}

/** What the first bytes say, as the formats' descriptions have it. Everything else is raw. Pure. */
export function formatOfHead(head: Buffer): ImportFormat {
  const starts = (text: string, at = 0): boolean => head.toString('latin1', at, at + text.length) === text
  if (starts('QFI\u00FB')) return 'qcow2'
  if (starts('KDMV') || starts('COWD') || starts('# Disk DescriptorFile')) return 'vmdk'
  if (starts('vhdxfile')) return 'vhdx'
  if (starts('conectix')) return 'vpc'
  if (head.length >= 68 && head.readUInt32LE(64) === 0xBE_DA_10_7F) return 'vdi'
  return 'raw'
}

function shown(text: string): string {
  return text.slice(0, 120).replace(/\p{Cc}/gu, '?')
}
