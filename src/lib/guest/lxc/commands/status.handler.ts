// Shows the state of a container: in a word, or in full.
import {AppError} from '../../../base/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {containerStatus} from '../container-status.ts'
import {readContainer} from '../kind.ts'
import {containerPaths} from '../runtime/paths.ts'
import {spec} from './status.spec.ts'

export const handler = handleRead(spec, async ({vmid, verbose}, context): Promise<Readonly<Record<string, unknown>>> => {
  const {config} = await readContainer(vmid, context)
  const status = await containerStatus(vmid, config, context)
  if (verbose !== true) return {status: status.status}
  return {...status, ...(status.pid === undefined ? {} : {disk: await usedBytes(vmid, status.pid, context)})}
})

/** What the root file system holds, seen through the mounts of the container's monitor. */
async function usedBytes(vmid: number, monitorPid: number, {host, places}: Context): Promise<number> {
  try {
    return (await host.files.space(`/proc/${monitorPid}/root${containerPaths(places, vmid).rootfs}`)).usedBytes
  } catch (error) {
    // It may have ended meanwhile.
    if (error instanceof AppError) return 0
    throw error
  }
}
