// The steps that end a container, or clear up after one that ended by itself. None when nothing of it is there.
import type {Context, Step} from '../../../tasks/index.ts'
import {stopArgv} from './end-container.ts'
import {containerPaths} from './paths.ts'
import {monitorOf} from './status.ts'

export interface ShutdownWish { readonly timeoutMs: number; readonly forceStop: boolean }

/** @param shutdown ask it first, and wait that long */
export async function endOfRun(vmid: number, context: Context, shutdown?: ShutdownWish): Promise<Step[]> {
  const {config, pid, lxcPath} = containerPaths(context.places, vmid)
  const files = [config, pid]
  if (await monitorOf(vmid, context) === undefined) {
    const isLeft = await context.host.files.stat(pid) !== undefined
    return isLeft ? [{do: {kind: 'lxc.clear-up', vmid, files}}] : []
  }
  if (shutdown === undefined) return [{do: {kind: 'lxc.stop', vmid, argv: stopArgv(context.places, vmid), files}}]
  return [{do: {kind: 'lxc.shut-down', vmid, argv: ['lxc-stop', '-P', lxcPath, '-n', String(vmid), '--nowait', '--nokill'], files, ...shutdown}}]
}
