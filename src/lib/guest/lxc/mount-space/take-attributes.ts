// `keepattrs` of a mount point: its volume takes owner and mode of the folder that it hides. Only while it is as it was made, so that what somebody set
// in the container later stays.
import type {FileStat, MountSpace, TreeOwner} from '../../../host/index.ts'

/**
 * @param place where the volume is mounted in the space: the root of a file system, in whose place no link can be
 * @param folder what is in its place below the root file system
 * @param owner of a new volume
 */
export async function takeAttributes(place: string, folder: Pick<FileStat, 'mode' | 'uid'> & {readonly gid: number}, owner: Required<Pick<TreeOwner, 'uid' | 'gid'>>, space: MountSpace): Promise<void> {
  const {stdout} = await space.run(['stat', '--format=%u:%g %a', '--', place])
  if (stdout.trim() !== `${owner.uid}:${owner.gid} 755`) return
  // In this order, since a change of the owner takes the bits for other users' rights away.
  await space.run(['chown', '--no-dereference', `${folder.uid}:${folder.gid}`, '--', place])
  await space.run(['chmod', (folder.mode & 0o7777).toString(8), '--', place])
}
