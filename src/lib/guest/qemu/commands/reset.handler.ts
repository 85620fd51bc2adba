// Presses the reset button of a virtual machine.
import {handleChange} from '../../../tasks/index.ts'
import {assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {spec} from './reset.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, skiplock}, context) => {
    assertUnlocked(await readGuest(vmid, context), skiplock, context.caller)
    await assertRunning(vmid, context)
    return {steps: [{do: {kind: 'qemu.reset', vmid}}], whenInterrupted: 'undo'}
  },
})
