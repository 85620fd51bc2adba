// How a root file system is unpacked from an archive: tar's words, and the user namespace that it runs in. Pure.
import {formatRange} from '../config/index.ts'
import type {IdMap} from '../config/index.ts'

/** What vzdump puts into an archive beside the container: read apart, and no file of the container. */
export const archivedConfigName = 'etc/vzdump/pct.conf'
export const archivedFirewallName = 'etc/vzdump/pct.fw'

/** A header of tar may say that it is as long as the archive, and tar has all of it in memory: more than this is an error (setrlimit(2), RLIMIT_AS). */
const mostMemoryBytes = 1024 ** 3

/** tar, for what strangers have written. */
export const boundedTar: readonly string[] = ['prlimit', `--as=${mostMemoryBytes}`, 'tar']

/**
 * tar, reading a plain archive from standard input. Folders that are there take the owner and mode that the archive has for them. Device nodes are left
 * out: a container finds its own.
 */
export function tarArgv(folder: string, isLayer = false): string[] {
  // What a layer has in the place of a folder of the one below replaces it whole.
  const layer = isLayer ? ['--recursive-unlink', '--no-anchored', '--exclude=.wh.*'] : []
  const left = [archivedConfigName, archivedFirewallName, 'dev/*'].flatMap((name) => [`--exclude=./${name}`, `--exclude=${name}`])
  return [
    ...boundedTar, '--extract', '--file=-', `--directory=${folder}`, '--preserve-permissions', '--numeric-owner', '--sparse', '--acls', '--xattrs', '--xattrs-include=user.*',
    '--xattrs-include=security.capability', '--warning=no-xattr-write', '--anchored', ...left, ...layer,
  ]
}

/** The program within the user namespace of a container, as its root. */
export function asContainerRoot(map: IdMap, argv: readonly string[]): string[] {
  if (map.length === 0) return [...argv]
  return ['lxc-usernsexec', ...map.flatMap((range) => ['-m', formatRange(range).replaceAll(' ', ':')]), '--', ...argv]
}
