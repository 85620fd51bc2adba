// A container whose files are hard to keep, and what is to be compared of them.
import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {writeTemplate} from '../../../../support/container-template.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {pct} from './kill-everywhere.ts'
import type {Params} from './kill-everywhere.ts'

/** Whether this machine lets root map the users of unprivileged containers. */
export const isMapped = ['/etc/subuid', '/etc/subgid'].every((path) => existsSync(path) && /^root:100000:65536$/m.test(readFileSync(path, 'utf8')))

/** Hard links, holes, attributes, access lists, names, times, owners; what is to be left out; what a mount point hides. */
const content = `set -e
mkdir -p srv/data etc/vzdump var/tmp 'root/a b' dir
echo hidden >srv/data/hidden
echo mine >etc/vzdump/mine
echo x >tmp/gone; echo x >var/tmp/gone; echo x >dir/left.log
echo one >root/one; ln root/one root/two; ln -s /etc/shadow root/link
truncate -s 8M root/sparse; printf end >>root/sparse
echo two >'root/a b/ü
line'
mkfifo root/pipe
touch -d '2001-02-03 04:05:06.789 UTC' root/one
chown 33:34 dir dir/left.log
chmod 4755 bin/busybox; chmod 1777 tmp; chmod 2750 dir
setfattr -n user.note -v kept root/one
setfacl -m u:12:rwx,d:u:13:r root/'a b'
setcap cap_net_raw+ep bin/busybox
`

/** Container 200: its root file system with all that, a mount point /srv/data in backups, one within it that is not. Is not started. @param folder the path of its storage, where that is not `local` */
export async function hardToKeep(place: Installation, context: Context, {isUnprivileged, folder, more = {}}: {readonly isUnprivileged: boolean; readonly folder?: string; readonly more?: Params}): Promise<string> {
  writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'))
  const own = {rootfs: 'local:0', mp0: 'local:0.03125,mp=/srv/data,backup=1', mp1: 'local:0,mp=/srv/data/inner'}
  await pct('create', {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', unprivileged: isUnprivileged ? '1' : '0', hostname: 'kept', ...own, ...more}, context)
  const root = rootIn(folder ?? join(place.root, 'lib/vz'), 200)
  // Somebody else's users have to get there.
  chmodSync(place.root, 0o755)
  const [program = '', ...words] = [...asRoot(isUnprivileged), 'sh', '-c', content]
  execFileSync(program, words, {cwd: root, stdio: ['ignore', 'inherit', 'inherit']})
  return root
}

function asRoot(isUnprivileged: boolean): string[] {
  return isUnprivileged ? ['lxc-usernsexec', '-m', 'u:0:100000:65536', '-m', 'g:0:100000:65536', '--'] : []
}

/** Its root file system, a folder of the storage `local`. */
export function rootOf({root}: Installation, vmid: number): string {
  return rootIn(join(root, 'lib/vz'), vmid)
}

function rootIn(folder: string, vmid: number): string {
  const images = join(folder, `images/${vmid}`)
  return join(images, readdirSync(images).find((name) => name.includes('disk-0')) ?? '')
}

/** Everything that is to come back of a tree: kinds, modes, owners, links, sizes, times, contents, access lists, attributes. */
export function treeText(root: string): string {
  return execFileSync('sh', ['-c', `set -e
find . -path ./srv/data -prune -o -printf '%p %y %m %U %G %n %l %T@ ' \\( -type d -printf '\\n' -o -printf '%s\\n' \\) | LC_ALL=C sort
find . -path ./srv/data -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
getfacl --recursive --numeric --physical . 2>/dev/null
getfattr --recursive --no-dereference --dump --match='^(user|security)\\.' . 2>/dev/null`], {cwd: root, encoding: 'utf8'})
}
