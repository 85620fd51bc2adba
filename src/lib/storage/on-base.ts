// A storage that stands on a volume of another one: a volume group on a LUN (`base` of lvm). The other one is made usable first, so that the host
// is logged in to the target and the disk is there before lvm2 looks for it.
import {AppError} from '../base/index.ts'
import type {StorageContext} from './open-storage.ts'
import {openVolume} from './open-storage.ts'
import type {Storage} from './storage.ts'

/** @param base the id of the volume, as the section has it */
export function onBase(storage: Storage, base: string, context: StorageContext): Storage {
  let readying: Promise<void> | undefined
  const ready = (): Promise<void> => readying ??= attachBase(base, context).then(() => undefined).catch((error: unknown) => {
    readying = undefined
    throw error
  })
  const after = async <R>(work: () => Promise<R>): Promise<R> => {
    await ready()
    return work()
  }
  return {
    ...storage,
    activate: () => after(() => storage.activate()),
    usage: async () => {
      try {
        await ready()
      } catch (error) {
        if (error instanceof AppError && error.kind !== 'cancelled') return {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false, reason: error.message}
        throw error
      }
      return storage.usage()
    },
    list: (content, vmid, tell) => after(() => storage.list(content, vmid, tell)),
    volume: (id) => after(() => storage.volume(id)),
    exists: (id) => after(() => storage.exists(id)),
    nextName: (vmid, format, taken) => after(() => storage.nextName(vmid, format, taken)),
    create: (want) => after(() => storage.create(want)),
    checkRemovable: (id) => after(() => storage.checkRemovable(id)),
    remove: (id) => after(() => storage.remove(id)),
    resize: (id, sizeBytes) => after(() => storage.resize(id, sizeBytes)),
    rename: (from, to) => after(() => storage.rename(from, to)),
    attach: (id, snapshot) => after(() => storage.attach(id, snapshot)),
  }
}

/** Makes the volume's device appear on the host and gives its path. @throws as openVolume and Storage.attach */
export async function attachBase(base: string, context: StorageContext): Promise<string> {
  const {storage, id} = await openVolume(base, context)
  await storage.activate()
  return storage.attach(id)
}
