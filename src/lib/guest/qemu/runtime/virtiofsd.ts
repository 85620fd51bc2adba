// virtiofsd, the program that serves a folder of the host to a guest: the newer one written in Rust (Debian 13, package virtiofsd) and the
// older one that came with QEMU (Debian 12). Their options differ. Pure but for the look which is installed.
import {UnavailableError, UnsupportedError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {VirtiofsSettings} from '../config/virtiofs.ts'

export interface VirtiofsDaemon {
  readonly binary: string
  readonly kind: 'rust' | 'qemu'
}

const daemons: readonly VirtiofsDaemon[] = [
  {binary: '/usr/libexec/virtiofsd', kind: 'rust'},
  {binary: '/usr/lib/qemu/virtiofsd', kind: 'qemu'},
]

/** @throws UnavailableError when none is installed */
export async function findVirtiofsd({files}: Pick<Host, 'files'>): Promise<VirtiofsDaemon> {
  for (const daemon of daemons) if ((await files.stat(daemon.binary, {followLinks: true}))?.kind === 'file') return daemon
  throw new UnavailableError('virtiofsd, which serves folders to guests, is not installed', {nextSteps: ['apt-get install virtiofsd (Debian 13) or qemu-system-common (Debian 12)']})
}

/** @throws UnsupportedError for a kind of cache that this one does not have */
export function virtiofsdArgv({binary, kind}: VirtiofsDaemon, {key, folder, socket, settings}: {key: string; folder: string; socket: string; settings: VirtiofsSettings}): string[] {
  const {cache = 'auto', 'direct-io': directIo, 'expose-acl': acl, 'expose-xattr': xattr} = settings
  if (kind === 'rust') {
    return [
      binary, `--socket-path=${socket}`, `--shared-dir=${folder}`, `--cache=${cache}`, '--announce-submounts', '--inode-file-handles=prefer',
      ...(directIo === true ? ['--allow-direct-io'] : []), ...(acl === true ? ['--posix-acl'] : []), ...(xattr === true && acl !== true ? ['--xattr'] : []),
    ]
  }
  if (cache === 'metadata') {
    throw new UnsupportedError(`${key}: the virtiofsd of this host (${binary}) has no cache=metadata`, {nextSteps: ['Use auto, always or never; metadata needs the newer virtiofsd of Debian 13.'], data: {key}})
  }
  const options = [
    `source=${folder}`, `cache=${cache === 'never' ? 'none' : cache}`, 'announce_submounts', directIo === true ? 'allow_direct_io' : 'no_allow_direct_io',
    ...(acl === true ? ['posix_acl'] : []), acl === true || xattr === true ? 'xattr' : 'no_xattr',
  ]
  return [binary, '-f', `--socket-path=${socket}`, ...options.flatMap((option) => ['-o', option])]
}
