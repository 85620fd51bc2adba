// Removes what a container that has ended leaves in the run folder. Right as well when nothing is there.
import type {RuntimeContext} from './status.ts'
import {containerPaths} from './paths.ts'

/** The log stays: it says why the last start failed. */
export async function clearUp(vmid: number, {host, places}: RuntimeContext): Promise<void> {
  const {config, pid} = containerPaths(places, vmid)
  await host.files.remove(config)
  // Last: while it is there, somebody still has to clear up.
  await host.files.remove(pid)
}

/** What clearing up does, for a dry run. */
export function clearUpLines(vmid: number, places: RuntimeContext['places']): string[] {
  const {config, pid} = containerPaths(places, vmid)
  return [`rm -f -- ${config}`, `rm -f -- ${pid}`]
}
