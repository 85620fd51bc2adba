// The programs that build a template: mmdebstrap makes the tree, a few tools take out of it what belongs to one machine, tar packs it. Pure.
import type {VariantName} from './releases.ts'
import {variants} from './releases.ts'
import type {Release} from './releases.ts'

export interface TreeWish {
  readonly release: Release
  readonly variant: VariantName
  readonly extraPackages: readonly string[]
  readonly architecture: string
  /** Lines of sources.list. */
  readonly sources: readonly string[]
  readonly takesOldLists: boolean
}

/** Nobody else has the folder; what is in it is removed in the end. */
export interface BuildPaths {
  readonly work: string
  /** The archive until it is whole. */
  readonly part: string
}

const treeOf = ({work}: BuildPaths) => `${work}/tree`

/**
 * Process and mount namespaces of its own: whatever of dpkg, its scripts and their mounts is there, ends with the first process.
 * mmdebstrap keeps the packages' scripts from starting daemons.
 */
export function treeArgv({release, variant, extraPackages, architecture, sources, takesOldLists}: TreeWish, paths: BuildPaths): string[] {
  const {base, packages} = variants[variant]
  const wanted = [...new Set([...packages(release), ...extraPackages])]
  return [
    'env', `TMPDIR=${paths.work}/tmp`, 'unshare', '--mount', '--propagation', 'slave', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--',
    'mmdebstrap', '--mode=root', '--format=directory', `--variant=${base}`, `--architectures=${architecture}`, `--include=${wanted.join(',')}`,
    ...takesOldLists ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : [], release.codename, treeOf(paths), ...sources,
  ]
}

/** What apt, dpkg and the packages' scripts left, and what each container has to have of its own. A container's set-up makes the rest. */
export function tidyArgvs(paths: BuildPaths): string[][] {
  const tree = treeOf(paths)
  const empty = (...folders: string[]) => ['find', ...folders.map((folder) => `${tree}/${folder}`), '-mindepth', '1', '-delete']
  return [
    ['find', `${tree}/etc`, `${tree}/var`, '(', '-path', '*/tree/etc/ssh/ssh_host_*', '-o', '-path', '*/tree/var/*/*-old', '-o', '-type', 'f', '(', '-path', '*/tree/var/log/*', '-o', '-path', '*/tree/var/cache/apt/*', ')', ')', '-delete'],
    empty('var/lib/apt/lists', 'tmp', 'var/tmp', 'run', 'dev'),
    ['rm', '-rf', '--', ...['etc/hostname', 'etc/resolv.conf', 'etc/apt/apt.conf.d/99mmdebstrap', 'var/lib/dbus/machine-id', 'var/lib/systemd/random-seed', 'var/lib/systemd/credential.secret', 'root/.bash_history', 'root/.wget-hsts'].map((each) => `${tree}/${each}`)],
    ['truncate', '--size=0', '--', `${tree}/etc/machine-id`],
    // The kernel's debugging files are the host's; systemd in a container would try to mount them and call itself degraded.
    ['ln', '-s', '--', '/dev/null', `${tree}/etc/systemd/system/sys-kernel-debug.mount`],
  ]
}

export function packArgv(paths: BuildPaths): string[] {
  return ['tar', '--create', `--file=${paths.part}`, '--use-compress-program=zstd --quiet --threads=0', '--numeric-owner', '--sort=name', '--acls', '--xattrs', '--xattrs-include=security.capability', `--directory=${treeOf(paths)}`, '.']
}

export function makeFoldersArgv({work}: BuildPaths): string[] {
  return ['mkdir', '-p', '--', `${work}/tmp`]
}

/** Says which point release it is: `13.1`. */
export function versionFile(paths: BuildPaths): string {
  return `${treeOf(paths)}/etc/debian_version`
}

export function removeWorkArgv({work}: BuildPaths): string[] {
  return ['rm', '-rf', '--one-file-system', '--', work]
}
