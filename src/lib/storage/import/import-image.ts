// An image that is to be copied into a storage: a file, or a piece of an OVA archive, which is read where it lies. It comes from a stranger,
// so it must hold everything itself: no backing file, no data elsewhere, no list of extents.
import {InvalidInputError, NotFoundError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {headerBytes, parseImageHeader} from '../dir/image-header.ts'
import type {ImageName} from '../storage.ts'

export interface ImportImage {
  /** How qemu-img opens it. */
  readonly image: ImageName
  readonly virtualSizeBytes: number
}

/** Where an image lies: in a whole file, or in a part of one. */
export interface ImagePlace {
  readonly path: string
  /** What it is called, for errors; its end says its format. */
  readonly name: string
  readonly part?: {readonly offsetBytes: number; readonly sizeBytes: number}
}

const formats = {vmdk: 'vmdk', qcow2: 'qcow2', raw: 'raw', img: 'raw'} as const
type ImportFormat = (typeof formats)[keyof typeof formats]

/** The format by the end of the name, as the headers are never probed. @throws UnsupportedError */
export function importFormat(name: string): ImportFormat {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  if (Object.hasOwn(formats, ending)) return formats[ending as keyof typeof formats]
  throw new UnsupportedError(`'${name.slice(0, 80)}' is no image that can be imported: its name ends in none of .vmdk, .qcow2, .raw, .img`, {
    nextSteps: ['Convert it with qemu-img, naming its format (-f), and import the result.'],
  })
}

/**
 * Looks at an image.
 * @throws NotFoundError, InvalidInputError for a damaged image, UnsupportedError for one that leads to other files
 */
export async function importImage(host: Pick<Host, 'files'>, place: ImagePlace): Promise<ImportImage> {
  const {path, name, part} = place
  const format = importFormat(name)
  const stat = await host.files.stat(path, {followLinks: true})
  if (stat?.kind !== 'file') throw new NotFoundError(`there is no file ${path}`)
  const sizeBytes = part?.sizeBytes ?? stat.sizeBytes
  const virtualSizeBytes = format === 'raw' ? sizeBytes : await selfContainedSize(host, place, format, sizeBytes)
  if (virtualSizeBytes === 0) throw new InvalidInputError(`the image '${name}' is empty`)
  return {image: {format, path, ...(part === undefined ? {} : {options: partOptions(path, format, part)})}, virtualSizeBytes}
}

async function selfContainedSize(host: Pick<Host, 'files'>, {path, name, part}: ImagePlace, format: 'vmdk' | 'qcow2', sizeBytes: number): Promise<number> {
  const head = await host.files.readAt(path, part?.offsetBytes ?? 0, Math.min(headerBytes, sizeBytes))
  const header = headerOf(name, format, head)
  const leadsTo = header.hasExternalData ? 'keeps its data in another file' : header.backing === undefined ? undefined : `stands on another image ('${header.backing.slice(0, 80)}')`
  if (leadsTo !== undefined) throw new UnsupportedError(`the image '${name}' ${leadsTo}`, {nextSteps: ['Make one piece of it first, where it comes from.']})
  return header.virtualSizeBytes
}

function headerOf(name: string, format: 'vmdk' | 'qcow2', head: Buffer): ReturnType<typeof parseImageHeader> {
  try {
    return parseImageHeader(format, head)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`the image '${name}' cannot be imported`, {}, {cause: error})
  }
}

/** For qemu-img's --image-opts: the driver of the format over a window of the file. */
function partOptions(path: string, format: ImportFormat, {offsetBytes, sizeBytes}: NonNullable<ImagePlace['part']>): Record<string, string> {
  const window = {driver: 'raw', offset: String(offsetBytes), size: String(sizeBytes), 'file.driver': 'file', 'file.filename': path}
  if (format === 'raw') return window
  return {driver: format, ...Object.fromEntries(Object.entries(window).map(([key, value]) => [`file.${key}`, value]))}
}
