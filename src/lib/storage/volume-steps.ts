// Steps of plans that make, grow and remove volumes, for all who plan such a thing (pvesm, qm). They are computed under the lock of the
// storage (storageLock), so that a name that is free now is still free when the step is done.
import {ConflictError} from '../base/index.ts'
import type {Step} from '../tasks/index.ts'
import type {NewVolume, Storage, VolumeId} from './storage.ts'
import {formatVolumeId} from './volume-id.ts'

/** The lock under which volumes of a storage are made and removed. It is taken after that of a guest. */
export function storageLock(storage: string): string {
  return `storage/${storage}`
}

/**
 * Plans a new volume.
 * @param want with `purpose`, what the volume is made for, as the log is to name it
 * @param taken names that the same plan, or a configuration, has spoken for already
 * @throws ConflictError when a volume by the name asked for exists
 */
export async function createVolumeStep(storage: Storage, want: NewVolume & {readonly purpose?: string}, taken: readonly string[] = []): Promise<{id: VolumeId; step: Step}> {
  const id = want.base === undefined ? await storage.nextName(want.vmid, want.format, taken) : storage.nameFor(want)
  const volume = formatVolumeId(id)
  if (await storage.exists(id)) throw new ConflictError(`the volume ${volume} exists already`)
  const {vmid, format, sizeBytes, purpose, mapsNothing} = want
  const commands = storage.commands({create: {id, want}})
  const more = {...(purpose === undefined ? {} : {purpose}), ...(mapsNothing === undefined ? {} : {mapsNothing})}
  return {id, step: {do: {kind: 'volume.create', volume, vmid, format, sizeBytes, ...more, commands}, undo: {kind: 'volume.remove', volume}}}
}

/** Plans the removal of a volume; right also when it is not there. It cannot be undone: such plans finish when interrupted. */
export function removeVolumeStep(storage: Storage, id: VolumeId): Step {
  return {do: {kind: 'volume.remove', volume: formatVolumeId(id), commands: storage.commands({remove: id})}}
}

/** Plans the growth of a volume to a size. It has no undo. */
export function resizeVolumeStep(storage: Storage, id: VolumeId, sizeBytes: number): Step {
  return {do: {kind: 'volume.resize', volume: formatVolumeId(id), sizeBytes, commands: storage.commands({resize: {id, sizeBytes}})}}
}
