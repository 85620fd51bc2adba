// The files of a container as it sees them itself, with its mount points: of one that runs by its first process, of one that does not by mounting all of it for
// the moment, where nobody else sees that.
import {UnavailableError} from '../../../base/index.ts'
import type {FileTree} from '../../../host/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {idMapOf, mountPoints} from '../config/index.ts'
import {mountPlace} from '../runtime/paths.ts'
import {initOf, monitorOf} from '../runtime/status.ts'
import {ownerIn, withContainerSpace} from './open-container-space.ts'

/** To be called under the guest's lock, so that it neither starts nor goes away meanwhile. */
export async function withContainerTree<T>(vmid: number, section: ConfigSection, context: Context, use: (tree: FileTree) => Promise<T>): Promise<T> {
  const monitor = await monitorOf(vmid, context)
  if (monitor === undefined) return withStoppedTree(vmid, section, context, use)
  const {host} = context
  const init = await initOf(monitor, host)
  const gone = () => new UnavailableError(`container ${vmid} is just starting or ending`, {nextSteps: ['Try again in a moment.'], data: {vmid}})
  if (init === undefined) throw gone()
  const tree = await host.openTree(`/proc/${init}/root`)
  try {
    // The number could be somebody else's by now.
    if ((await host.process(monitor.pid))?.startTime !== monitor.startTime || await initOf(monitor, host) !== init) throw gone()
    return await use(tree)
  } finally {
    tree.close()
  }
}

async function withStoppedTree<T>(vmid: number, section: ConfigSection, context: Context, use: (tree: FileTree) => Promise<T>): Promise<T> {
  const map = idMapOf(section)
  const points = mountPoints(section.values)
  return withContainerSpace({vmid, map, points}, context, async ({space, tree}) => {
    // Outer ones first: what lies within another mount point is made and mounted there.
    for (const {key, path} of points.slice(1).sort((a, b) => a.path.split('/').length - b.path.split('/').length)) {
      await tree.makeDirectory(path, ownerIn(map))
      await tree.withFolder(path, (place) => space.run(['mount', '--no-canonicalize', '--rbind', '--', mountPlace(context.places, vmid, key), place], {signal: context.signal}))
    }
    return use(tree)
  })
}
