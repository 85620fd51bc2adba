// The devices with the file systems on which a container has quotas: its own programs for quotas name them to the kernel by a node, as `/proc/mounts` inside does,
// and quotacheck(8) reads them. They are known once the file systems are mounted, since the loop device of an image is chosen then.
import {UnavailableError} from '../../../base/index.ts'
import type {MountSpace} from '../../../host/index.ts'
import type {MountPoint} from '../config/index.ts'
import {parseDeviceNumbers} from '../facts/devices.ts'
import type {PassedDevice} from '../lxc-config/devices.ts'

/** Not to be written: what is on them is mounted. */
export async function quotaDevices(points: readonly MountPoint[], placeOf: (key: string) => string, space: MountSpace, signal: AbortSignal): Promise<PassedDevice[]> {
  const found: PassedDevice[] = []
  for (const {key, quota, readOnly} of points) {
    if (!quota || readOnly) continue
    const {stdout: source} = await space.run(['findmnt', '--noheadings', '--raw', '--first-only', '--output', 'SOURCE', '--mountpoint', placeOf(key)], {signal})
    const path = source.trim()
    const {stdout} = await space.run(['stat', '--dereference', '--format', '%F|%t|%T', '--', path], {signal})
    const numbers = parseDeviceNumbers(stdout)
    if (numbers === undefined || !path.startsWith('/dev/')) throw new UnavailableError(`${key} cannot have quotas: it is mounted from ${path}, which is no device`, {data: {key}})
    found.push({key: `quota-${key}`, path, mode: '0640', uid: 0, gid: 0, isReadOnly: true, ...numbers})
  }
  return found
}
