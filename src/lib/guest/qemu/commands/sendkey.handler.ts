// Presses keys on a guest's keyboard. It takes no lock: nothing changes but what the guest makes of it, and it should come at once.
import {handleChange} from '../../../tasks/index.ts'
import {assertUnlocked, readGuest} from '../guest-files.ts'
import {assertRunning} from '../runtime/assert-running.ts'
import {parseKeys} from '../runtime/key-names.ts'
import {spec} from './sendkey.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({vmid, key, skiplock}, context) => {
    const keys = parseKeys(key)
    assertUnlocked(await readGuest(vmid, context), skiplock, context.caller)
    await assertRunning(vmid, context)
    return {steps: [{do: {kind: 'qemu.send-keys', vmid, keys}}], whenInterrupted: 'undo'}
  },
})
