// Removes a container: its volumes first, then its configuration together with everything that names it. Until the last moment the configuration says
// which volumes there are; an interrupted removal is finished by whoever comes next.
import {ConflictError} from '../../../base/index.ts'
import {removeVolumeStep} from '../../../storage/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Plan, WantedFile} from '../../../tasks/index.ts'
import {guestLockName, releaseVmid} from '../../guest-files.ts'
import {locksOfVolumes, ownVolumes} from '../../own-volumes.ts'
import {fileWithoutGuest} from '../../pools.ts'
import {filesWithoutGuest} from '../../qemu/purge-references.ts'
import {referencedVolumes} from '../config/index.ts'
import {assertUnlocked, assertUnprotected, containerConfigPath, readContainer} from '../kind.ts'
import {endOfRun} from '../runtime/end-steps.ts'
import {monitorOf} from '../runtime/status.ts'
import {spec} from './destroy.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, 'destroy-unreferenced-disks': all}, context) => [guestLockName(vmid), ...await locksOfVolumes(referencedVolumes((await readContainer(vmid, context)).config), all === true, context)],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, force, purge, 'destroy-unreferenced-disks': all}, context): Promise<Plan> => {
    const guest = await readContainer(vmid, context)
    assertUnlocked(guest, false, context.caller)
    assertUnprotected(guest, 'it cannot be removed')
    const isRunning = await monitorOf(vmid, context) !== undefined
    if (force !== true && isRunning) {
      throw new ConflictError(`container ${vmid} is running`, {nextSteps: [`Stop it first: pct stop ${vmid}`, `Or: pct destroy ${vmid} --force`], data: {vmid}})
    }
    const volumes = await ownVolumes(vmid, referencedVolumes(guest.config), all === true, context)
    // Those of one that runs are in use, by itself: they are looked at when they are removed, after its end.
    if (!isRunning) for (const {storage, id} of volumes) if (await storage.exists(id)) await storage.checkRemovable(id)
    const firewall = `firewall/${vmid}.fw`
    const files: WantedFile[] = [
      {path: containerConfigPath(context.node, vmid), was: guest.file, text: undefined},
      await releaseVmid(vmid, context),
      {path: firewall, was: await context.store.read(firewall), text: undefined},
      ...await fileWithoutGuest(vmid, context.store),
      ...(purge === true ? await filesWithoutGuest(vmid, context.store) : []),
    ]
    return {
      steps: [...await endOfRun(guest, context), ...volumes.map(({storage, id}) => removeVolumeStep(storage, id)), storeCommitStep(files.filter(({was}) => was !== undefined))],
      whenInterrupted: 'finish',
    }
  },
})
