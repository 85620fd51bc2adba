// Whether a container stands still, and the programs that freeze it and let it go on.
import {ConflictError} from '../../../base/index.ts'
import type {ProcessId} from '../../../host/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {containerGroups} from './control-groups.ts'
import type {GroupFolder} from './control-groups.ts'
import {containerPaths} from './paths.ts'
import {monitorOf, textIfThere} from './status.ts'
import type {RuntimeContext} from './status.ts'

export function freezeArgv(places: Context['places'], vmid: number, what: 'freeze' | 'thaw'): string[] {
  const {lxcPath, config} = containerPaths(places, vmid)
  // Without a configuration they say no to everything.
  return [what === 'freeze' ? 'lxc-freeze' : 'lxc-unfreeze', '-P', lxcPath, '-n', String(vmid), `--rcfile=${config}`]
}

/** Whether a running container is frozen: what its control group says (cgroup.freeze of version 2, freezer.state of version 1). */
export async function isFrozen(vmid: number, monitor: ProcessId, context: RuntimeContext): Promise<boolean> {
  const groups = await containerGroups(vmid, monitor, context.host)
  return groups !== undefined && isFrozenGroup(groups('freezer'), context)
}

export async function isFrozenGroup(folder: GroupFolder | undefined, {host}: Pick<RuntimeContext, 'host'>): Promise<boolean> {
  if (folder === undefined) return false
  const text = await textIfThere(host, `${folder.path}/${folder.version === 1 ? 'freezer.state' : 'cgroup.freeze'}`)
  return folder.version === 1 ? /^FR/.test(text ?? '') : text?.trim() === '1'
}

/** @throws ConflictError when the container does not run */
export async function assertRunning(vmid: number, context: RuntimeContext): Promise<ProcessId> {
  const monitor = await monitorOf(vmid, context)
  if (monitor === undefined) throw new ConflictError(`container ${vmid} is not running`, {nextSteps: [`Start it: pct start ${vmid}`], data: {vmid}})
  return monitor
}

/** For what needs an answer from inside. @throws ConflictError when the container does not run, or stands still */
export async function assertAwake(vmid: number, context: RuntimeContext): Promise<ProcessId> {
  const monitor = await assertRunning(vmid, context)
  if (await isFrozen(vmid, monitor, context)) throw new ConflictError(`container ${vmid} is suspended`, {nextSteps: [`Let it go on: pct resume ${vmid}`], data: {vmid}})
  return monitor
}
