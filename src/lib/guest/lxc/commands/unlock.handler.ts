// Takes the lock out of a container's configuration.
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {removePendingDelete, withoutPendingValue, writeKey} from '../../pending.ts'
import {formatLxcConfig} from '../config/index.ts'
import {containerConfigPath, readContainer} from '../kind.ts'
import {spec} from './unlock.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid}, context) => {
    const {config, file} = await readContainer(vmid, context)
    const text = formatLxcConfig(writeKey(removePendingDelete(withoutPendingValue(config, 'lock'), 'lock'), 'lock', undefined))
    const steps = text === file.data ? [] : [storeCommitStep([{path: containerConfigPath(context.node, vmid), was: file, text}])]
    return {steps, whenInterrupted: 'undo'}
  },
})
