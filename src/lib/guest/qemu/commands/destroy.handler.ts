// Removes a virtual machine: its volumes first, then its configuration together with everything that names it. Until the last moment the
// configuration says which volumes there are, so that nothing is orphaned; an interrupted removal is finished by whoever comes next.
import {ConflictError, NotFoundError, UnsupportedError} from '../../../base/index.ts'
import {openStorage, openVolume, parseVolumeId, readStorageConfig, removeVolumeStep, storageLock, formatVolumeId} from '../../../storage/index.ts'
import type {Storage, VolumeId} from '../../../storage/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, WantedFile} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {fileWithoutGuest} from '../../pools.ts'
import {ownedBy} from '../drives/volume-owner.ts'
import {assertUnlocked, assertUnprotected, guestConfigPath, guestLockName, hasLock, readGuest, releaseVmid} from '../guest-files.ts'
import {referencedVolumes} from '../pending.ts'
import {filesWithoutGuest} from '../purge-references.ts'
import {assertStopped} from '../runtime/assert-running.ts'
import {spec} from './destroy.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, 'destroy-unreferenced-disks': all}, context) => {
    const {config} = await readGuest(vmid, context)
    const storages = all === true ? await imageStorages(context) : referencedVolumes(config).map(volume => parseVolumeId(volume).storage)
    return [guestLockName(vmid), ...new Set(storages.map(storageLock))]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, purge, skiplock, 'destroy-unreferenced-disks': all}, context): Promise<Plan> => {
    const guest = await readGuest(vmid, context)
    // What was suspended to disk goes with the machine.
    if (!hasLock(guest, 'suspended') || skiplock === true) assertUnlocked(guest, skiplock, context.caller)
    assertUnprotected(guest, 'it cannot be removed')
    await assertStopped(vmid, context)
    const volumes = await ownVolumes(vmid, guest.config, all === true, context)
    // Before the first of them is gone: the others may be what linked clones stand on.
    for (const {storage, id} of volumes) if (await storage.exists(id)) await storage.checkRemovable(id)
    const files: WantedFile[] = [
      {path: guestConfigPath(context.node, vmid), was: guest.file, text: undefined},
      await releaseVmid(vmid, context),
      await removedFile(`firewall/${vmid}.fw`, context),
      ...await fileWithoutGuest(vmid, context.store),
      ...(purge === true ? await filesWithoutGuest(vmid, context.store) : []),
    ]
    return {
      steps: [...volumes.map(({storage, id}) => removeVolumeStep(storage, id)), storeCommitStep(files.filter(({was}) => was !== undefined))],
      whenInterrupted: 'finish',
    }
  },
})

interface OwnVolume {
  readonly storage: Storage
  readonly id: VolumeId
}

/** The volumes that go with the guest. @throws ConflictError, UnavailableError when one of their storages cannot be reached now */
async function ownVolumes(vmid: number, config: GuestConfig, all: boolean, context: Context): Promise<OwnVolume[]> {
  const found = new Map<string, OwnVolume>()
  for (const volume of referencedVolumes(config).filter(ownedBy(vmid))) {
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

/** The storages of this node that may hold disk images. */
async function imageStorages(context: Context): Promise<string[]> {
  const names: string[] = []
  for (const name of Object.keys(await readStorageConfig(context.store, context.places))) {
    try {
      const storage = await openStorage(name, context)
      if (storage.traits.defaultContent.includes('images')) names.push(name)
    } catch (error) {
      // Off, or not for this node: nothing of ours is there.
      if (error instanceof ConflictError) continue
      if (!(error instanceof UnsupportedError)) throw error
      context.log.warn(`storage '${name}' was not searched: ${error.message}`)
    }
  }
  return names
}

async function removedFile(path: string, context: Context): Promise<WantedFile> {
  return {path, was: await context.store.read(path), text: undefined}
}
