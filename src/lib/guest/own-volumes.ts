// The volumes that are removed with a guest, of whatever type. Looks at storages and changes nothing.
import {ConflictError, NotFoundError, UnsupportedError} from '../base/index.ts'
import {formatVolumeId, openStorage, openVolume, parseVolumeId, readStorageConfig, storageLock} from '../storage/index.ts'
import type {Storage, VolumeId} from '../storage/index.ts'
import type {Context} from '../tasks/index.ts'
import {ownedBy} from './volume-owner.ts'

/** The locks of the storages that they lie on. */
export async function locksOfVolumes(referenced: readonly string[], all: boolean, context: Context): Promise<string[]> {
  const storages = all ? await imageStorages(context) : referenced.map((volume) => parseVolumeId(volume).storage)
  return [...new Set(storages.map(storageLock))]
}

export interface OwnVolume {
  readonly storage: Storage
  readonly id: VolumeId
}

/**
 * The volumes that go with the guest: its own among those that its configuration names, or all that are named after it.
 * @throws ConflictError, UnavailableError when one of their storages cannot be reached now
 */
export async function ownVolumes(vmid: number, referenced: readonly string[], all: boolean, context: Context): Promise<OwnVolume[]> {
  const found = new Map<string, OwnVolume>()
  for (const volume of referenced.filter(ownedBy(vmid))) {
    const opened = await openReferenced(volume, context)
    if (opened !== undefined) found.set(volume, opened)
  }
  if (!all) return [...found.values()]
  for (const name of await imageStorages(context)) {
    const storage = await openStorage(name, context)
    for (const {id} of await storage.list(['images'], vmid)) found.set(formatVolumeId(id), {storage, id})
  }
  return [...found.values()]
}

async function openReferenced(volume: string, context: Context): Promise<OwnVolume | undefined> {
  try {
    return await openVolume(volume, context)
  } catch (error) {
    // A storage that is configured no more is out of our reach for good; one that is merely off is an error.
    if (!(error instanceof NotFoundError)) throw error
    context.log.warn(`${volume} is left behind: ${error.message}`)
    return undefined
  }
}

/** The storages of this node that may hold guests' volumes. */
async function imageStorages(context: Context): Promise<string[]> {
  const names: string[] = []
  for (const name of Object.keys(await readStorageConfig(context.store, context.places))) {
    try {
      const storage = await openStorage(name, context)
      if (storage.traits.defaultContent.some((content) => content === 'images' || content === 'rootdir')) names.push(name)
    } catch (error) {
      // Off, or not for this node: nothing of ours is there.
      if (error instanceof ConflictError) continue
      if (!(error instanceof UnsupportedError)) throw error
      context.log.warn(`storage '${name}' was not searched: ${error.message}`)
    }
  }
  return names
}
