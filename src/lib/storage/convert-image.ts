// The call of `qemu-img convert` that fills an existing volume with the content of another, or of a file, as argv; and the progress that
// it tells. The format of either side is always named, so that nothing is probed. Pure.
import {UnsupportedError} from '../base/index.ts'
import type {FilePart} from './image-file-source.ts'
import type {ImageName} from './storage.ts'

/** An image to be read; files from elsewhere have formats that no volume has. */
export interface ConvertSource extends Omit<ImageName, 'format'> {
  readonly format: string
  /** Whatever the image says, it is read without any other file below it. For images from elsewhere. */
  readonly standsAlone?: boolean
  /** The image is this piece of the file. */
  readonly part?: FilePart
}

export interface ConvertRequest {
  readonly source: ConvertSource
  readonly target: Pick<ImageName, 'format' | 'path' | 'options'>
  /** In KiB a second. */
  readonly bandwidthKib?: number
  /** The target reads as zeroes, so zeroes need not be written. */
  readonly isTargetZero?: boolean
  /** A running guest has the source open. Only for what does not change under it, a snapshot within the image. */
  readonly isSourceInUse?: boolean
}

/** `qemu-img convert -n`: the target is there already, made by its storage, with the modes and options that hold there. */
export function convertArgv({source, target, bandwidthKib = 0, isTargetZero = false, isSourceInUse = false}: ConvertRequest): string[] {
  return [
    'qemu-img', 'convert', '-p', '-n',
    ...(isSourceInUse ? ['-U'] : []),
    ...(bandwidthKib > 0 ? ['-r', `${bandwidthKib}K`] : []),
    ...(isTargetZero ? ['--target-is-zero'] : []),
    ...(source.internalSnapshot === undefined ? [] : ['-l', `snapshot.name=${source.internalSnapshot}`]),
    ...(source.options !== undefined ? ['--image-opts'] : ['-f', source.format]),
    ...(target.options !== undefined ? ['--target-image-opts'] : ['-O', target.format]),
    '--', sourceText(source), imageText(target),
  ]
}

const formatsWithBacking = ['qcow2', 'vmdk']

function sourceText(source: ConvertSource): string {
  const {format, path, options, part} = source
  const isBare = source.standsAlone !== true || options !== undefined || !formatsWithBacking.includes(format)
  if (isBare && part === undefined) return imageText(source)
  return `json:${JSON.stringify(loneImage({path, format, ...(part === undefined ? {} : {part})}))}`
}

/** A file, or a piece of one, as QEMU opens it (blockdev-add) without any other file below it, whatever the image says. */
export function loneImage({path, format, part}: {readonly path: string; readonly format: string; readonly part?: FilePart}): Readonly<Record<string, unknown>> & {readonly driver: string} {
  const file = {driver: 'file', filename: path}
  const whole = part === undefined ? file : {driver: 'raw', offset: part.offsetBytes, size: part.sizeBytes, file}
  if (format === 'raw' && part !== undefined) return whole
  return {driver: format, ...(formatsWithBacking.includes(format) ? {backing: null} : {}), file: whole}
}

/** The longest name of another image that a qcow2 header holds (QEMU's "qcow2 Image File Format"). */
const longestBackingName = 1023

/**
 * What a qcow2 image lacks is taken from a file, by calls to be made one after the other; done again they do the same.
 * @throws UnsupportedError for a path that is too long to stand in the header meanwhile
 */
export function fillFromBelowArgv(path: string, below: {readonly path: string; readonly format: string; readonly part?: FilePart}): string[][] {
  const image = loneImage(below)
  if (Buffer.byteLength(imageJson(image)) > longestBackingName) throw new UnsupportedError(`the path ${below.path.slice(0, 80)}… is too long`, {nextSteps: ['Put the image where its path is shorter.']})
  return fillFromNodeArgv(path, image)
}

/** As fillFromBelowArgv, from whatever QEMU can open. @param node as of blockdev-add; its driver is that of an image format */
export function fillFromNodeArgv(path: string, node: Readonly<Record<string, unknown>> & {readonly driver: string}): string[][] {
  return [
    ['qemu-img', 'rebase', '-q', '-u', '-f', 'qcow2', '-F', node.driver, '-b', imageJson(node), '--', path],
    ['qemu-img', 'rebase', '-q', '-f', 'qcow2', '-b', '', '--', path],
  ]
}

function imageJson(node: Readonly<Record<string, unknown>>): string {
  return `json:${JSON.stringify(node)}`
}

/** Values of --image-opts take their commas doubled. */
function imageText({path, options}: Pick<ImageName, 'path' | 'options'>): string {
  if (options === undefined) return path
  return Object.entries(options).map(([name, value]) => `${name}=${value.replaceAll(',', ',,')}`).join(',')
}

/** The part of the work that is done, from 0 to 1, of a line of `qemu-img … -p`; undefined for other lines. */
export function readConvertProgress(line: string): number | undefined {
  const percent = /^\s{0,16}\((\d{1,3}(?:\.\d{1,2})?)\/100%\)/.exec(line)?.[1]
  return percent === undefined ? undefined : Math.min(1, Number(percent) / 100)
}
