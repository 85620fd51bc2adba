// A root directory for programs that write what strangers say into a container's file systems: it holds the host's programs, which cannot be changed in
// there, and the container's root file system. Wherever a link leads, also one that an earlier archive has left there, nothing else can be reached.
import type {MountSpace} from '../../../host/index.ts'
import type {Places} from '../../../base/index.ts'
import {containerPaths, mountPlace} from '../runtime/paths.ts'

/** Where the root file system is for whoever runs in there. */
export const rootInJail = '/rootfs'

/**
 * To be made once all mount points are where they belong.
 * @returns what goes before the words of a program
 */
export async function makeJail(vmid: number, space: MountSpace, places: Pick<Places, 'root' | 'runDir'>): Promise<readonly string[]> {
  const jail = mountPlace(places, vmid, 'jail')
  await space.run(['mkdir', '-p', '--', `${jail}/usr`, `${jail}${rootInJail}`])
  // /bin and /lib of Debian are links into /usr.
  for (const name of ['bin', 'lib', 'lib64']) await space.run(['ln', '-s', '--', `usr/${name}`, `${jail}/${name}`])
  await space.run(['mount', '--bind', '-o', 'ro', '--', '/usr', `${jail}/usr`])
  await space.run(['mount', '--rbind', '--', containerPaths(places, vmid).rootfs, `${jail}${rootInJail}`])
  return ['chroot', jail]
}
