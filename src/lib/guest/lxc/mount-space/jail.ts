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
  /** Whether names of users and groups are those of the host: GNU tar writes the ones that it knows into access control lists, whatever it is told of numbers. */
  readonly hasNames: boolean
}

/** What root keeps in there: whose a file is, what may be done with it, and device nodes, which privileged containers have in their backups (capabilities(7)). */
const kept = ['chown', 'dac_override', 'fowner', 'fsetid', 'mknod', 'setfcap']

/**
 * To be made once everything is mounted where it belongs.
 * @returns what goes before the words of a program
 */
export async function makeJail({folder, root, inner, hasNames}: JailWish, space: MountSpace): Promise<readonly string[]> {
  const place = `${folder}${rootInJail}`
  await space.run(['mkdir', '-p', '--', `${folder}/usr`, place])
  // /bin and /lib of Debian are links into /usr.
  for (const name of ['bin', 'lib', 'lib64']) await space.run(['ln', '-s', '--', `usr/${name}`, `${folder}/${name}`])
  await space.run(['mount', '--bind', '-o', 'ro', '--', '/usr', `${folder}/usr`])
  if (hasNames) await bindNames(folder, space)
  await space.run(['mount', '--rbind', '--', root, place])
  for (const path of ['', ...inner]) await space.run(['mount', '-o', 'remount,bind,nodev,nosuid,noexec', '--', `${place}${path}`])
  return ['chroot', folder]
}

async function bindNames(folder: string, space: MountSpace): Promise<void> {
  await space.run(['mkdir', '--', `${folder}/etc`])
  for (const path of ['/etc/passwd', '/etc/group']) {
    await space.run(['touch', '--', `${folder}${path}`])
    await space.run(['mount', '--bind', '-o', 'ro', '--', path, `${folder}${path}`])
  }
}

/** For a program in a jail that needs no more rights than those over files: it has no others, and gets none. */
export function withFewRights(jail: readonly string[]): readonly string[] {
  return [...jail, 'setpriv', `--bounding-set=-all,${kept.map((name) => `+${name}`).join(',')}`, '--inh-caps=-all', '--no-new-privs', '--']
}
