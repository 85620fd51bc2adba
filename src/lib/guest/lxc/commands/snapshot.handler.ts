// Takes a snapshot of a container, running or not.
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {snapshotVolumes} from '../../snapshots/snapshot-volumes.ts'
import {containerConfigPath, readContainer} from '../kind.ts'
import {holdSteps} from '../snapshots/hold.ts'
import {checkTakeable, planTake} from '../snapshots/plans.ts'
import {volumesOf} from '../snapshots/volumes.ts'
import {spec} from './snapshot.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, snapname, description}, context) => {
    const guest = await readContainer(vmid, context)
    checkTakeable(guest, snapname)
    const volumes = await snapshotVolumes(volumesOf(guest.config.current.values), {what: 'create', name: snapname}, context)
    return planTake({
      guest, path: containerConfigPath(context.node, vmid), volumes, hold: await holdSteps(guest, context),
      section: {name: snapname, description, timeSeconds: Math.floor(context.clock.now() / 1000)},
    })
  },
})
