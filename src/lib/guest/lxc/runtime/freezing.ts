// Whether a container stands still, and the programs that freeze it and let it go on.
import {AppError} from '../../../base/index.ts'
import type {ProcessId} from '../../../host/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {containerPaths} from './paths.ts'
import type {RuntimeContext} from './status.ts'

export function freezeArgv(places: Context['places'], vmid: number, what: 'freeze' | 'thaw'): string[] {
  const {lxcPath, config} = containerPaths(places, vmid)
  // Without a configuration they say no to everything.
  return [what === 'freeze' ? 'lxc-freeze' : 'lxc-unfreeze', '-P', lxcPath, '-n', String(vmid), `--rcfile=${config}`]
}

/** Whether a running container stands still; what LXC cannot tell is taken for no. */
export async function isFrozen(vmid: number, _monitor: ProcessId, {host, places}: RuntimeContext): Promise<boolean> {
  const {lxcPath, config} = containerPaths(places, vmid)
  try {
    const {stdout} = await host.run(['lxc-info', '-P', lxcPath, '-n', String(vmid), `--rcfile=${config}`, '-s', '-H'], {timeoutMs: 10_000})
    return stdout.trim() === 'FROZEN'
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
    return false
  }
}
