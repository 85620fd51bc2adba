// Removes a virtual machine: its volumes first, then its configuration together with everything that names it. Until the last moment the
// configuration says which volumes there are, so that nothing is orphaned; an interrupted removal is finished by whoever comes next.
import {removeVolumeStep} from '../../../storage/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, WantedFile} from '../../../tasks/index.ts'
import {locksOfVolumes, ownVolumes} from '../../own-volumes.ts'
import {fileWithoutGuest} from '../../pools.ts'
import {assertUnlocked, assertUnprotected, guestConfigPath, guestLockName, hasLock, readGuest, releaseVmid} from '../guest-files.ts'
import {referencedVolumes} from '../pending.ts'
import {filesWithoutGuest} from '../purge-references.ts'
import {assertStopped} from '../runtime/assert-running.ts'
import {spec} from './destroy.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, 'destroy-unreferenced-disks': all}, context) => {
    const {config} = await readGuest(vmid, context)
    return [guestLockName(vmid), ...await locksOfVolumes(referencedVolumes(config), all === true, context)]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, purge, skiplock, 'destroy-unreferenced-disks': all}, context): Promise<Plan> => {
    const guest = await readGuest(vmid, context)
    // What was suspended to disk goes with the machine.
    if (!hasLock(guest, 'suspended') || skiplock === true) assertUnlocked(guest, skiplock, context.caller)
    assertUnprotected(guest, 'it cannot be removed')
    await assertStopped(vmid, context)
    const volumes = await ownVolumes(vmid, referencedVolumes(guest.config), all === true, context)
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

async function removedFile(path: string, context: Context): Promise<WantedFile> {
  return {path, was: await context.store.read(path), text: undefined}
}
