// The steps that hold a running container while something is done to its volumes beneath it.
import type {Context} from '../../../tasks/index.ts'
import {mountPoints} from '../config/index.ts'
import type {GuestFile} from '../../guest-files.ts'
import {freezeArgv, isFrozen} from '../runtime/freezing.ts'
import {containerPaths, mountPlace} from '../runtime/paths.ts'
import {monitorOf} from '../runtime/status.ts'
import type {HoldSteps} from './plans.ts'

const none: HoldSteps = {freeze: [], thaw: []}

/** One that does not run, or stands still already, is left as it is; what the latter wrote is brought to disk all the same. */
export async function holdSteps({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, context: Context): Promise<HoldSteps> {
  const monitor = await monitorOf(vmid, context)
  if (monitor === undefined) return none
  const {places} = context
  const mounted = mountPoints(config.current.values).filter(({type}) => type !== 'bind').map(({key}) => key === 'rootfs' ? containerPaths(places, vmid).rootfs : mountPlace(places, vmid, key))
  const sync = {do: {kind: 'lxc.sync', vmid, places: mounted}}
  if (await isFrozen(vmid, monitor, context)) return {freeze: [sync], thaw: []}
  const thaw = {kind: 'lxc.thaw', vmid, argv: freezeArgv(places, vmid, 'thaw')}
  return {freeze: [{do: {kind: 'lxc.freeze', vmid, argv: freezeArgv(places, vmid, 'freeze'), isHeld: true}, undo: thaw}, sync], thaw: [{do: thaw}]}
}
