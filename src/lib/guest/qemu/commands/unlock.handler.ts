// Takes the lock out of a virtual machine's configuration.
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import {formatQemuConfig} from '../config/index.ts'
import {guestConfigPath, guestLockName, readGuest} from '../guest-files.ts'
import {removePendingDelete, withoutPendingValue, writeKey} from '../pending.ts'
import {spec} from './unlock.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid}, context) => {
    const {config, file} = await readGuest(vmid, context)
    const unlocked = writeKey(removePendingDelete(withoutPendingValue(config, 'lock'), 'lock'), 'lock', undefined)
    const text = formatQemuConfig(unlocked)
    const steps = text === file.data ? [] : [storeCommitStep([{path: guestConfigPath(context.node, vmid), was: file, text}])]
    return {steps, whenInterrupted: 'undo'}
  },
})
