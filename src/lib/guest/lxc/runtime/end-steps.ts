// The steps that end a container, and what is done after it has ended, however it did. None when nothing of it is there.
import type {Context, Step} from '../../../tasks/index.ts'
import type {GuestFile} from '../../guest-files.ts'
import {mountPoints} from '../config/index.ts'
import {stopArgv} from './end-container.ts'
import {hookActions} from './hook-steps.ts'
import {containerPaths, endedRunFiles} from './paths.ts'
import {monitorOf, uncleanedRun} from './status.ts'

export interface ShutdownWish { readonly timeoutMs: number; readonly forceStop: boolean }

type Guest = Pick<GuestFile, 'vmid' | 'config'>

/** @param shutdown ask it first, and wait that long */
export async function endOfRun(guest: Guest, context: Context, shutdown?: ShutdownWish): Promise<Step[]> {
  const isRunning = await monitorOf(guest.vmid, context) !== undefined
  const {reboot} = containerPaths(context.places, guest.vmid)
  return [
    ...(isRunning ? endingSteps(guest, context, shutdown) : []),
    // It is to stay off, whatever a reboot that was under way wanted.
    ...(isRunning || await context.host.files.stat(reboot) !== undefined ? [{do: {kind: 'file.remove', path: reboot}}] : []),
    ...await afterEndSteps(guest, context),
  ]
}

/** Of a container that runs. */
export function endingSteps({vmid, config}: Guest, {places}: Context, shutdown?: ShutdownWish): Step[] {
  const argv = shutdown === undefined ? stopArgv(places, vmid) : ['lxc-stop', '-P', containerPaths(places, vmid).lxcPath, '-n', String(vmid), '--nowait', '--nokill']
  return [
    ...hookActions(vmid, config.current.values, 'pre-stop').map((action) => ({do: action})),
    {do: {kind: shutdown === undefined ? 'lxc.stop' : 'lxc.shut-down', vmid, argv, ...shutdown}},
  ]
}

/** The run files go last: while they are there, whoever comes next does what is missing. */
export async function afterEndSteps({vmid, config}: Guest, context: Context): Promise<Step[]> {
  const run = await uncleanedRun(vmid, context)
  if (run === undefined) return []
  const {values} = config.current
  const volumes = mountPoints(values).filter(({type}) => type === 'volume').map(({source}) => source)
  return [
    ...(volumes.length === 0 ? [] : [{do: {kind: 'guest.detach-volumes', volumes}}]),
    ...hookActions(vmid, values, 'post-stop', run).map((action) => ({do: action})),
    {do: {kind: 'lxc.clear-up', vmid, files: endedRunFiles(context.places, vmid)}},
  ]
}
