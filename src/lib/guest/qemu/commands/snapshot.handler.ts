// Takes a snapshot of a virtual machine, running or not.
import {UnsupportedError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {freezeSteps} from '../agent/index.ts'
import {guestConfigPath, guestLockName, readGuest} from '../guest-files.ts'
import {runStateOf} from '../runtime/run-state.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {snapshotDisks} from '../snapshots/disks.ts'
import {checkTakeable, planTake} from '../snapshots/plan-take.ts'
import {spec} from './snapshot.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, snapname, description, vmstate}, context) => {
    const guest = await readGuest(vmid, context)
    checkTakeable(guest, snapname)
    const runState = await runtimeStatus(vmid, context) === undefined ? undefined : await runStateOf(vmid, context)
    const {values} = guest.config.current
    const disks = await snapshotDisks(values, {what: 'create', name: snapname}, context)
    if (vmstate === true && runState === undefined) context.log.info(`virtual machine ${vmid} does not run, so there is no memory to be kept`)
    if (vmstate === true && runState !== undefined) throw new UnsupportedError('the memory of running machines is not kept yet')
    return planTake({
      guest, path: guestConfigPath(context.node, vmid), disks, runState, freeze: freezeSteps(vmid, values),
      snapshot: {name: snapname, description, timeSeconds: Math.floor(context.clock.now() / 1000), state: undefined},
    })
  },
})
