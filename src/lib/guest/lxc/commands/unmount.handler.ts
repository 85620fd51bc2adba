// Unmounts what pct mount has mounted. Interrupted, it is finished.
import {ConflictError} from '../../../base/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {writeKey} from '../../pending.ts'
import {formatLxcConfig, mountPoints} from '../config/index.ts'
import {containerConfigPath, readContainer} from '../kind.ts'
import {unmountSteps} from '../mounts/mount-action.ts'
import {spec} from './unmount.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid}, context) => {
    const {config, file} = await readContainer(vmid, context)
    if (config.current.values['lock'] !== 'mounted') throw new ConflictError(`container ${vmid} is not mounted`, {data: {vmid}})
    const keys = mountPoints(config.current.values).map(({key}) => key)
    return {
      steps: [
        {do: {kind: 'lxc.unmount-on-host', vmid, keys, argvs: await unmountSteps(vmid, keys, context)}},
        storeCommitStep([{path: containerConfigPath(context.node, vmid), was: file, text: formatLxcConfig(writeKey(config, 'lock', undefined))}]),
      ],
      whenInterrupted: 'finish',
    }
  },
})
