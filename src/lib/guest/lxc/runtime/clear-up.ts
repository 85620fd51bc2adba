// Removes what a container that has ended leaves in the run folder. Right as well when nothing is there.
import type {RuntimeContext} from './status.ts'
import {endedRunFiles} from './paths.ts'

export async function clearUp(vmid: number, {host, places}: RuntimeContext): Promise<void> {
  for (const path of endedRunFiles(places, vmid)) await host.files.remove(path)
}
