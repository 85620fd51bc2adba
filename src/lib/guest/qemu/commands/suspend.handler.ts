// Pauses a virtual machine, or saves its state and ends it. A backup does not keep it from that, as in Proxmox VE.
import {InvalidInputError} from '../../../base/index.ts'
import {storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {assertUnlocked, guestLockName, hasLock, readGuest} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {runStateOf} from '../runtime/run-state.ts'
import {stateStorage} from '../runtime/state/kept-state.ts'
import {planSuspendToDisk} from '../runtime/state/plan-suspend.ts'
import {spec} from './suspend.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, todisk, statestorage}, context) => {
    if (todisk !== true) return [guestLockName(vmid)]
    return [guestLockName(vmid), storageLock(await stateStorage(statestorage, (await readGuest(vmid, context)).config.current.values, context))]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, skiplock, todisk, statestorage}, context) => {
    const guest = await readGuest(vmid, context)
    if (skiplock === true || !hasLock(guest, 'backup')) assertUnlocked(guest, skiplock, context.caller)
    if (statestorage !== undefined && todisk !== true) throw new InvalidInputError("'statestorage' is where the state goes, and needs 'todisk'", {statestorage: "needs 'todisk'"})
    await assertRunning(vmid, context)
    if (todisk === true) return planSuspendToDisk(guest, await runStateOf(vmid, context), statestorage, context)
    return {steps: [{do: {kind: 'qemu.pause', vmid}}], whenInterrupted: 'undo'}
  },
})
