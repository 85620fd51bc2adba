// pvesm free: deletes one volume. Beyond what Proxmox VE refuses, a disk that a guest's configuration names is refused too: deleting it is
// never what one wants, and a running guest would go on writing into a file that nobody can reach any more.
import {ConflictError, InvalidInputError, NotFoundError, UnsupportedError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {handleChange} from '../../tasks/index.ts'
import {volumeReferences} from '../guest-volumes.ts'
import type {VolumeReference} from '../guest-volumes.ts'
import {parseFolderVolumeName, volumePath} from '../naming.ts'
import {openConfigured, openStorage, storageConfig} from '../open-storage.ts'
import type {Storage, StorageConfig, VolumeId} from '../storage.ts'
import {checkCallerMayRemove} from '../volume-access.ts'
import {formatVolumeId, parseVolumeId} from '../volume-id.ts'
import {removeVolumeStep, storageLock} from '../volume-steps.ts'
import {spec} from './free.spec.ts'
import {namedVolume} from './named-volume.ts'

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    const id = namedVolume(params)
    const storage = await openStorage(id.storage, context)
    const {vmid} = storage.parseName(id.name)
    return [...(vmid === undefined ? [] : [`guest/${vmid}`]), storageLock(id.storage)]
  },
  plan: async (params, context) => {
    const id = namedVolume(params)
    const storage = await openStorage(id.storage, context)
    await checkCallerMayRemove(formatVolumeId(id), context)
    const volume = await storage.volume(id)
    if (volume.content === 'images' || volume.content === 'rootdir') await checkUnused(storage, id, context)
    await storage.checkRemovable(id)
    return {steps: [removeVolumeStep(storage, id)], whenInterrupted: 'finish'}
  },
})

/** @throws ConflictError naming the guest and the key */
async function checkUnused(storage: Storage, id: VolumeId, context: Context): Promise<void> {
  const path = storage.path(id)
  for (const reference of await volumeReferences(context.store)) {
    const isKeptAside = /^unused\d+$/.test(reference.key) && reference.section === undefined
    if (isKeptAside || !await isSamePath(reference, path, context)) continue
    const place = reference.section === undefined ? `as ${reference.key}` : `as ${reference.key} in [${reference.section}]`
    throw new ConflictError(`${formatVolumeId(id)} is in use: the configuration of guest ${reference.vmid} has it ${place}`, {
      data: {vmid: reference.vmid, key: reference.key},
      nextSteps: reference.section === undefined ? [`Detach it first: qm set ${reference.vmid} --delete ${reference.key}`] : [],
    })
  }
}

/** Compared by path: two storages may share a folder, and a linked clone has a longer id than its file. */
async function isSamePath({value}: VolumeReference, path: string, context: Context): Promise<boolean> {
  if (value.slice(value.lastIndexOf('/') + 1) !== path.slice(path.lastIndexOf('/') + 1)) return false
  if (value.startsWith('/')) return value === path
  try {
    const id = parseVolumeId(value)
    return await pathOf(id, await storageConfig(id.storage, context), context) === path
  } catch (error) {
    // A reference to a storage that is gone, or to something that only looks like a volume, is to no file of ours.
    if (error instanceof NotFoundError || error instanceof InvalidInputError) return false
    throw error
  }
}

/** Where a volume lies. On a type that we do not have, such as nfs, that is known only of folders: they all have one layout. */
async function pathOf(id: VolumeId, config: StorageConfig, context: Context): Promise<string | undefined> {
  try {
    return (await openConfigured(config, context)).path(id)
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    const path = config['path']
    return typeof path === 'string' ? volumePath({path}, parseFolderVolumeName(id.name)) : undefined
  }
}
