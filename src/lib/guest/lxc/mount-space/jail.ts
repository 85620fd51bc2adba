// A root directory for programs that write what strangers say into a container's file systems: it holds the host's programs, which cannot be changed in
// there, and those file systems, of which no device can be opened and nothing can be run. Wherever a link leads, also one that an earlier archive has left
// there, nothing else can be reached.
import type {MountSpace} from '../../../host/index.ts'

/** Where the file system to be written is for whoever runs in there. */
export const rootInJail = '/rootfs'

export interface JailWish {
  /** Where in the mount space the jail is to be. */
  readonly folder: string
  /** Where in the mount space the file system to be written is. */
  readonly root: string
  /** What is mounted within it: paths from its top, behind which no stranger has put a link yet. */
  readonly inner: readonly string[]
}

/** What root keeps in there: whose a file is, what may be done with it, and device nodes, which privileged containers have in their backups (capabilities(7)). */
const kept = ['chown', 'dac_override', 'fowner', 'fsetid', 'mknod', 'setfcap']

/**
 * To be made once everything is mounted where it belongs.
 * @returns what goes before the words of a program
 */
export async function makeJail({folder, root, inner}: JailWish, space: MountSpace): Promise<readonly string[]> {
  const place = `${folder}${rootInJail}`
  await space.run(['mkdir', '-p', '--', `${folder}/usr`, place])
  // /bin and /lib of Debian are links into /usr.
  for (const name of ['bin', 'lib', 'lib64']) await space.run(['ln', '-s', '--', `usr/${name}`, `${folder}/${name}`])
  await space.run(['mount', '--bind', '-o', 'ro', '--', '/usr', `${folder}/usr`])
  await space.run(['mount', '--rbind', '--', root, place])
  for (const path of ['', ...inner]) await space.run(['mount', '-o', 'remount,bind,nodev,nosuid,noexec', '--', `${place}${path}`])
  return ['chroot', folder]
}

/** For a program in a jail that needs no more rights than those over files: it has no others, and gets none. */
export function withFewRights(jail: readonly string[]): readonly string[] {
  return [...jail, 'setpriv', `--bounding-set=-all,${kept.map((name) => `+${name}`).join(',')}`, '--inh-caps=-all', '--no-new-privs', '--']
}
