// Lets a frozen container go on. A backup does not keep it from that, as in Proxmox VE.
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName, hasLock} from '../../guest-files.ts'
import {assertUnlocked, readContainer} from '../kind.ts'
import {assertRunning, freezeArgv, isFrozen} from '../runtime/freezing.ts'
import {spec} from './resume.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid}, context) => {
    const guest = await readContainer(vmid, context)
    if (!hasLock(guest, 'backup')) assertUnlocked(guest, undefined, context.caller)
    const isDone = await isFrozen(vmid, await assertRunning(vmid, context), context) === false
    return {steps: isDone ? [] : [{do: {kind: 'lxc.thaw', vmid, argv: freezeArgv(context.places, vmid, 'thaw')}}], whenInterrupted: 'undo'}
  },
})
