// The control groups of a running container: which folders are its own. Where its first process is now is no answer, since systemd moves itself into a group
// below; so the part of the path that LXC has made counts. Looks and changes nothing.
import type {Host, ProcessId} from '../../../host/index.ts'
import {longestMountTable, parseGroupMounts} from '../../control-groups/mounts.ts'
import type {GroupMount} from '../../control-groups/mounts.ts'
import {initOf, textIfThere} from './status.ts'

export interface GroupFolder {
  readonly version: 1 | 2
  readonly path: string
}

/** The path of the container's own group in a path as /proc/PID/cgroup has it; undefined when it is in none. Pure. */
function ownGroupPath(path: string, vmid: number): string | undefined {
  const parts = path.split('/')
  const at = parts.findIndex((part) => part === `lxc.payload.${vmid}` || part.startsWith(`lxc.payload.${vmid}-`))
  return at === -1 ? undefined : parts.slice(0, at + 1).join('/')
}

/** The path of the container's group by controller; version 2 is under `''`. cgroups(7). Pure. */
export function parseOwnGroups(text: string, vmid: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [id = '', names = '', ...rest] = line.split(':')
    const path = ownGroupPath(rest.join(':'), vmid)
    if (path === undefined || !/^\d+$/.test(id)) continue
    for (const name of names.split(',')) if (!name.startsWith('name=')) found.set(name, path)
  }
  return found
}

/** Gives the folder of a controller, that of version 1 where it is mounted; undefined while the container has no process. */
export async function containerGroups(vmid: number, monitor: ProcessId, host: Host): Promise<((controller: string) => GroupFolder | undefined) | undefined> {
  const init = await initOf(monitor, host)
  const text = init === undefined ? undefined : await textIfThere(host, `/proc/${init}/cgroup`)
  if (text === undefined) return undefined
  const own = parseOwnGroups(text, vmid)
  const mounts = parseGroupMounts(await host.files.readText('/proc/self/mountinfo', longestMountTable))
  return (controller) => {
    const [v1, v1Path] = [mounts.v1[controller], own.get(controller)]
    if (v1 !== undefined && v1Path !== undefined) return {version: 1, path: placeOf(v1, v1Path)}
    const v2Path = own.get('')
    return mounts.v2 === undefined || v2Path === undefined ? undefined : {version: 2, path: placeOf(mounts.v2, v2Path)}
  }
}

function placeOf({path, root}: GroupMount, group: string): string {
  return root !== '/' && group.startsWith(`${root}/`) ? `${path}${group.slice(root.length)}` : `${path}${group}`
}
