// Where a disk comes from that is filled while its machine runs, as QEMU opens it: an image in a file, or a disk in a backup that we serve over a socket. Pure.
import {fillFromBelowArgv, fillFromNodeArgv, loneImage} from '../../../storage/index.ts'
import type {FilePart, ImportFormat} from '../../../storage/index.ts'

export type ImportImage = ImageInFile | DiskInBackup

export interface ImageInFile {
  readonly path: string
  readonly format: ImportFormat
  readonly part?: FilePart
}

export interface DiskInBackup {
  /** Where its disks are served. */
  readonly socket: string
  /** In the backup: `drive-scsi0`. */
  readonly name: string
}

/** How long QEMU waits for whoever takes over from a worker that died, before the guest is told that a read failed. */
const reconnectSeconds = 300

/** Pure. */
export function imageNode(image: ImportImage): Readonly<Record<string, unknown>> & {readonly driver: string} {
  if ('path' in image) return loneImage(image)
  return {driver: 'raw', file: {driver: 'nbd', server: {type: 'unix', path: image.socket}, export: image.name, 'reconnect-delay': reconnectSeconds}}
}

/** Pure. @throws UnsupportedError for a path that is too long */
export function fillArgv(volumePath: string, image: ImportImage): string[][] {
  return 'path' in image ? fillFromBelowArgv(volumePath, image) : fillFromNodeArgv(volumePath, imageNode(image))
}

/** Pure: for messages. */
export function imageTitle(image: ImportImage): string {
  return 'path' in image ? image.path : `${image.name} in the backup`
}
