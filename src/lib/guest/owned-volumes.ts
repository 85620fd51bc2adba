// The volumes that belong to guests, as the storages of this node have them. Looks and changes nothing.
import {AppError, errorChain} from '../base/index.ts'
import {formatVolumeId, openStorage, readStorageConfig} from '../storage/index.ts'
import type {Context} from '../tasks/index.ts'
import type {OwnedVolumes} from './rescan.ts'

/**
 * By VMID, on the storages with this content. A storage that is off or not for this node has nothing to tell; one that cannot be read is left out with a warning, and what is
 * on it stays in the configurations as it is.
 * @param vmid only those of this guest
 */
export async function ownedVolumes(content: 'images' | 'rootdir', context: Context, vmid?: number): Promise<ReadonlyMap<number, OwnedVolumes>> {
  const found = new Map<number, Map<string, number>>()
  const names = Object.keys(await readStorageConfig(context.store, context.places))
  // Side by side, so that one whose server is away does not keep the others waiting.
  const lists = await Promise.all(names.map((name) => volumesOn(name, content, vmid, context)))
  for (const {id, vmid: owner, sizeBytes} of lists.flat()) {
    if (owner === undefined) continue
    const volumes = found.get(owner) ?? new Map<string, number>()
    found.set(owner, volumes.set(formatVolumeId(id), sizeBytes))
  }
  return found
}

async function volumesOn(name: string, content: 'images' | 'rootdir', vmid: number | undefined, context: Context) {
  try {
    const storage = await openStorage(name, context)
    if (!storage.traits.defaultContent.includes(content)) return []
    await storage.activate()
    return await storage.list(['images'], vmid)
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
    if (error.kind !== 'conflict') context.log.warn(`storage '${name}' was not searched: ${errorChain(error).join(': ')}`)
    return []
  }
}
