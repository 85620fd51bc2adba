// How full the file systems of a container are, by a look at each where it is mounted.
import {handleRead} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {idMapOf, mountPoints} from '../config/index.ts'
import type {MountPoint} from '../config/index.ts'
import {readContainer} from '../kind.ts'
import {withContainerSpace} from '../mount-space/open-container-space.ts'
import {assertReachable} from '../reachable.ts'
import {hostPlaces} from '../mounts/host-mounts.ts'
import {monitorOf} from '../runtime/status.ts'
import {spec} from './df.spec.ts'

interface FileSystemUse {
  readonly mp: string
  readonly volume: string
  readonly size: number
  readonly used: number
  readonly avail: number
  readonly usage: number
  readonly path: string
}

export const handler = handleRead(spec, async ({vmid}, context): Promise<FileSystemUse[]> => {
  const guest = await readContainer(vmid, context)
  const {current} = guest.config
  const points = mountPoints(current.values)
  const monitor = await monitorOf(vmid, context)
  if (monitor !== undefined) return usesOf(vmid, points, (path) => `/proc/${monitor.pid}/root${path}`, context)
  await assertReachable(guest, context)
  return withContainerSpace({vmid, map: idMapOf(current), points}, context, ({space}) => usesOf(vmid, points, (path) => space.pathOf(path), context))
})

async function usesOf(vmid: number, points: readonly MountPoint[], pathOf: (path: string) => string, {host, places}: Context): Promise<FileSystemUse[]> {
  return Promise.all(points.map(async ({key, source, path}) => {
    const [{place} = {place: ''}] = hostPlaces(places, vmid, [key])
    const {totalBytes: size, usedBytes: used, availableBytes: avail} = await host.files.space(pathOf(place))
    return {mp: key, volume: source, size, used, avail, usage: used + avail === 0 ? 0 : used / (used + avail), path}
  }))
}
