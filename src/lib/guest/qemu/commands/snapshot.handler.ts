// Takes a snapshot of a virtual machine, running or not.
import {storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {freezeSteps} from '../agent/index.ts'
import {guestConfigPath, guestLockName, readGuest} from '../guest-files.ts'
import {runStateOf} from '../runtime/run-state.ts'
import {planSaving} from '../runtime/state/plan-saving.ts'
import {stateStorage} from '../runtime/state/kept-state.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {snapshotDisks} from '../snapshots/disks.ts'
import {checkTakeable, planTake} from '../snapshots/plan-take.ts'
import {spec} from './snapshot.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, vmstate}, context) => {
    if (vmstate !== true || await runtimeStatus(vmid, context) === undefined) return [guestLockName(vmid)]
    return [guestLockName(vmid), storageLock(await stateStorage(undefined, (await readGuest(vmid, context)).config.current.values, context))]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, snapname, description, vmstate}, context) => {
    const guest = await readGuest(vmid, context)
    checkTakeable(guest, snapname)
    const runState = await runtimeStatus(vmid, context) === undefined ? undefined : await runStateOf(vmid, context)
    const {values} = guest.config.current
    const disks = await snapshotDisks(values, {what: 'create', name: snapname}, context)
    if (vmstate === true && runState === undefined) context.log.info(`virtual machine ${vmid} does not run, so there is no memory to be kept`)
    const saving = vmstate === true && runState !== undefined ? await planSaving(vmid, snapname, values, runState, context) : undefined
    return planTake({
      guest, path: guestConfigPath(context.node, vmid), disks, runState, freeze: freezeSteps(vmid, values),
      snapshot: {name: snapname, description, timeSeconds: Math.floor(context.clock.now() / 1000), state: saving?.state},
      ...(saving === undefined ? {} : {saving}),
    })
  },
})
