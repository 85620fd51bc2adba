// Takes a container back to a snapshot: stopped if it runs, its volumes and configuration as they were, and started again where that is asked for.
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {snapshotVolumes} from '../../snapshots/snapshot-volumes.ts'
import {containerConfigPath, readContainer} from '../kind.ts'
import {endOfRun} from '../runtime/end-steps.ts'
import {checkRollback, configAfter, planRollback} from '../snapshots/plans.ts'
import {existingSnapshot} from '../snapshots/sections.ts'
import {volumesOf} from '../snapshots/volumes.ts'
import {spec} from './rollback.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, snapname, start}, context) => {
    const guest = await readContainer(vmid, context)
    checkRollback(guest, snapname)
    const {values} = existingSnapshot(guest.config, vmid, snapname)
    return planRollback({
      guest, path: containerConfigPath(context.node, vmid), name: snapname, config: configAfter(guest, snapname),
      volumes: await snapshotVolumes(volumesOf(values), {what: 'rollback', name: snapname}, context),
      endSteps: await endOfRun(guest, context),
      afterwards: start === true ? [{kind: 'lxc.start-task', vmid}] : [],
    })
  },
})
