// Steps of plans that make bases of volumes and linked clones of bases. They are computed under the lock of the storage (storageLock), where
// names are chosen. Look and change nothing.
import {ConflictError, UnsupportedError} from '../base/index.ts'
import type {Step} from '../tasks/index.ts'
import {templatesOf} from './open-storage.ts'
import type {Storage, VolumeId} from './storage.ts'
import {formatVolumeId} from './volume-id.ts'

/**
 * Plans that a volume becomes a base, under another name.
 * @throws UnsupportedError for a storage or a format that has none, NotFoundError, ConflictError when the name is taken
 */
export async function makeBaseStep(storage: Storage, id: VolumeId): Promise<{base: VolumeId; step: Step}> {
  assertTemplateFormat(storage, id)
  await storage.volume(id)
  return makeNewBaseStep(storage, id)
}

/** The same for a volume that steps before make. @throws UnsupportedError, ConflictError when the name is taken */
export async function makeNewBaseStep(storage: Storage, id: VolumeId): Promise<{base: VolumeId; step: Step}> {
  const volume = formatVolumeId(id)
  assertTemplateFormat(storage, id)
  const base = templatesOf(storage).baseOf(id)
  if (await storage.exists(base)) throw new ConflictError(`there is a volume ${formatVolumeId(base)} already`)
  const commands = storage.commands({makeBase: id})
  return {base, step: {do: {kind: 'volume.make-base', volume, base: formatVolumeId(base), commands}, undo: {kind: 'volume.unmake-base', volume}}}
}

/** @throws UnsupportedError */
function assertTemplateFormat(storage: Storage, id: VolumeId): void {
  const {config, traits} = storage
  const {format} = storage.parseName(id.name)
  const known: readonly string[] = traits.templateFormats
  if (known.length === 0) throw new UnsupportedError(`storage '${config.storage}' (${config.type}) has no linked clones, so ${formatVolumeId(id)} cannot be their base`)
  if (!known.includes(format)) {
    throw new UnsupportedError(`a ${format} image on storage '${config.storage}' cannot be the base of linked clones; ${known.join(', ')} can`)
  }
}

/**
 * Plans a linked clone of a base.
 * @param taken names that the same plan, or a configuration, has spoken for already
 * @throws UnsupportedError when the volume is no base or the storage has none, NotFoundError
 */
export async function linkedCloneStep(
  storage: Storage, base: VolumeId, {vmid, purpose}: {readonly vmid: number; readonly purpose: string}, taken: readonly string[],
): Promise<{id: VolumeId; sizeBytes: number; step: Step}> {
  const templates = templatesOf(storage)
  const name = formatVolumeId(base)
  if (!storage.parseName(base.name).isBase) {
    throw new UnsupportedError(`${name} is no base, and a linked clone needs one`, {nextSteps: ['Make a full clone: --full', 'Or make the source a template first: qm template <vmid>']})
  }
  const {sizeBytes} = await storage.volume(base)
  const id = await templates.nextClone(base, vmid, taken)
  const volume = formatVolumeId(id)
  const commands = storage.commands({clone: {base, id}})
  return {id, sizeBytes, step: {do: {kind: 'volume.clone', base: name, volume, purpose, commands}, undo: {kind: 'volume.remove', volume}}}
}
