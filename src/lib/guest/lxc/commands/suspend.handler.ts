// Freezes a container. A backup does not keep it from that, as in Proxmox VE.
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName, hasLock} from '../../guest-files.ts'
import {assertUnlocked, readContainer} from '../kind.ts'
import {assertRunning, freezeArgv, isFrozen} from '../runtime/freezing.ts'
import {spec} from './suspend.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid}, context) => {
    const guest = await readContainer(vmid, context)
    if (!hasLock(guest, 'backup')) assertUnlocked(guest, undefined, context.caller)
    const isDone = await isFrozen(vmid, await assertRunning(vmid, context), context) === true
    return {steps: isDone ? [] : [{do: {kind: 'lxc.freeze', vmid, argv: freezeArgv(context.places, vmid, 'freeze')}}], whenInterrupted: 'undo'}
  },
})
