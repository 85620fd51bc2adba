// `import-from` in a drive option: a new volume that is filled from another one, or from an image file (`local:0,import-from=/x.qcow2`).
import {ConflictError, ForbiddenError, InvalidInputError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/index.ts'
import {copyBandwidth, copyVolumeSteps, openVolume, parseVolumeId, readImageFile} from '../../../storage/index.ts'
import type {CopySource, Format} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {assertUnlocked, readGuest} from '../guest-files.ts'
import {runtimeStatus} from '../runtime/status.ts'
import type {DriveText} from './drive-text.ts'
import {volumeOwner} from '../../volume-owner.ts'

export interface ImportWish {
  /** The storage of the new volume. */
  readonly storage: string
  /** A volume id or an absolute path. */
  readonly from: string
  /** The option without `import-from`. */
  readonly rest: string
}

const property = /(^|,)import-from=([^,]{0,2000})(?=,|$)/

/**
 * Pure: what a drive option wants to be imported; undefined when it has no `import-from`.
 * @throws InvalidInputError naming the drive, when its volume is not written as a new one of size 0
 */
export function readImportWish(key: string, value: string): ImportWish | undefined {
  const match = property.exec(value)
  if (match === null) return undefined
  const rest = value.replace(property, '').replace(/^,/, '')
  const storage = /(?:^|,)(?:file=|volume=)?([^:/\s,=]+):0(?:,|$)/.exec(rest)?.[1]
  const from = match[2] ?? ''
  if (storage === undefined) throw wrong(key, "'import-from' fills a new volume, which is written as STORAGE:0: its size is that of the image")
  if (!from.startsWith('/') && !/^[^:/\s]+:\S/.test(from)) throw wrong(key, `'${from.slice(0, 80)}' is neither a volume (STORAGE:NAME) nor an absolute path`)
  return {storage, from, rest}
}

/** The guest whose disk is to be imported, whose lock keeps it as it is meanwhile. */
export function guestOfImport({from}: ImportWish): number | undefined {
  return from.startsWith('/') ? undefined : volumeOwner(from)
}

export interface ImportRequest {
  readonly vmid: number
  readonly key: string
  readonly drive: DriveText
  readonly wish: ImportWish
  /** Ids of volumes that are spoken for. */
  readonly taken: readonly string[]
}

/**
 * The steps that make and fill the volume, and the drive with it.
 * @throws ForbiddenError for a path, unless root asks; ConflictError for the disk of a guest that runs; as copyVolumeSteps
 */
export async function planImportedDrive({vmid, key, drive, wish, taken}: ImportRequest, context: Context): Promise<{drive: DriveText; volume: string; steps: readonly Step[]}> {
  if (drive.options['media'] === 'cdrom') throw wrong(key, 'an imported image is a disk; name an ISO image where it lies')
  const source = await importSource(key, wish.from, context)
  const format = key === 'tpmstate0' ? 'raw' : drive.options['format'] as Format | undefined
  const bandwidthKib = await importBandwidth(source, wish.storage, context)
  const made = await copyVolumeSteps({source, storage: wish.storage, vmid, purpose: key, taken, bandwidthKib, ...(format === undefined ? {} : {format})}, context)
  const options = Object.fromEntries(Object.entries(drive.options).filter(([name]) => name !== 'format'))
  return {volume: made.volume, steps: made.steps, drive: {file: made.volume, options: {...options, size: formatSize(made.sizeBytes)}}}
}

/** In KiB a second, 0 for none: an import is none of the kinds of work that `bwlimit` names, so the limit for all others is its own. */
export function importBandwidth(source: CopySource, storage: string, context: Context): Promise<number> {
  const from = 'volume' in source ? [parseVolumeId(source.volume).storage] : []
  return copyBandwidth('default', [...new Set([...from, storage])], undefined, context)
}

/** @throws as planImportedDrive */
export async function importSource(key: string, from: string, context: Context): Promise<CopySource> {
  if (from.startsWith('/')) {
    if (!context.caller.isRoot) throw new ForbiddenError(`${key}: only root may import from a path instead of a volume`)
    const {path, format} = await readImageFile(from, context.host)
    return {path, format}
  }
  const {storage, id} = await openVolume(from, context)
  const name = storage.parseName(id.name)
  if (name.content !== 'images' && name.content !== 'import') throw wrong(key, `'${from}' is neither a disk nor an image to be imported`)
  if (name.content === 'images' && name.vmid !== undefined) await assertStill(key, name.vmid, context)
  return {volume: from}
}

/** A disk that is written while it is copied gives a copy that holds together nowhere. */
async function assertStill(key: string, owner: number, context: Context): Promise<void> {
  const guest = await readGuest(owner, context)
  assertUnlocked(guest, false, context.caller)
  if (await runtimeStatus(owner, context) === undefined) return
  throw new ConflictError(`${key}: virtual machine ${owner}, whose disk it is, runs`, {nextSteps: [`Shut it down first: qm shutdown ${owner}`, `Or import from a clone of it: qm clone ${owner}`], data: {vmid: owner}})
}

function wrong(key: string, reason: string): InvalidInputError {
  return new InvalidInputError(`${key}: ${reason}`, {[`${key}.import-from`]: reason})
}
