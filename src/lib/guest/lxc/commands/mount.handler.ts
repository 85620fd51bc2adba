// Mounts a container's file systems on the host.
import {ConflictError} from '../../../base/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {writeKey} from '../../pending.ts'
import {formatLxcConfig, mountPoints} from '../config/index.ts'
import {assertUnlocked, containerConfigPath, readContainer} from '../kind.ts'
import {plannedMounts} from '../mounts/mount-action.ts'
import {filesSection} from '../reachable.ts'
import {containerPaths} from '../runtime/paths.ts'
import {monitorOf} from '../runtime/status.ts'
import {spec} from './mount.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid}, context) => {
    const {config, file} = await readContainer(vmid, context)
    if (config.current.values['lock'] === 'mounted') throw new ConflictError(`container ${vmid} is mounted already`, {nextSteps: [`Unmount it: pct unmount ${vmid}`], data: {vmid}})
    assertUnlocked({vmid, config}, false, context.caller)
    if (await monitorOf(vmid, context) !== undefined) throw new ConflictError(`container ${vmid} is running`, {nextSteps: [`Reach its files with pct push, pct pull and pct exec, or stop it: pct shutdown ${vmid}`], data: {vmid}})
    const section = filesSection(config.current)
    const keys = mountPoints(section.values).map(({key}) => key)
    if (!keys.includes('rootfs')) throw new ConflictError(`container ${vmid} has no root file system`, {data: {vmid}})
    return {
      steps: [
        storeCommitStep([{path: containerConfigPath(context.node, vmid), was: file, text: formatLxcConfig(writeKey(config, 'lock', 'mounted'))}]),
        {do: {kind: 'lxc.mount-on-host', vmid, section, argvs: await plannedMounts(vmid, section, context)}, undo: {kind: 'lxc.unmount-on-host', vmid, keys, argvs: []}},
      ],
      whenInterrupted: 'undo',
      result: containerPaths(context.places, vmid).rootfs,
    }
  },
})
