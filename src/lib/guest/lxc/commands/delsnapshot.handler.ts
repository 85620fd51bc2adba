// Removes a snapshot of a container.
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {reachableVolumes, snapshotVolumes} from '../../snapshots/snapshot-volumes.ts'
import {containerConfigPath, readContainer} from '../kind.ts'
import {checkRemovable, planRemove} from '../snapshots/plans.ts'
import {existingSnapshot} from '../snapshots/sections.ts'
import {volumesOf} from '../snapshots/volumes.ts'
import {spec} from './delsnapshot.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, snapname, force}, context) => {
    const guest = await readContainer(vmid, context)
    checkRemovable(guest, snapname)
    const wanted = volumesOf(existingSnapshot(guest.config, vmid, snapname).values)
    const change = {what: 'remove', name: snapname} as const
    const volumes = force === true ? await reachableVolumes(wanted, change, context, (message) => context.log.warn(message)) : await snapshotVolumes(wanted, change, context)
    return planRemove({guest, path: containerConfigPath(context.node, vmid), name: snapname, force: force === true, volumes})
  },
})
