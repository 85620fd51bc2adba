// What a backup of a container leaves out, in the words of tar and of rsync. Pure. Patterns are tar's (`*` matches slashes as well), as with Proxmox VE: those
// with a slash at the beginning are meant from the container's root, the others below every folder (vzdump(1), "File Exclusions").
import {readExcludePattern} from '../../backup/exclude-path.ts'

export interface Excludes {
  /** From the container's root, without the slash. */
  readonly anchored: readonly string[]
  readonly anywhere: readonly string[]
}

/** vzdump(1), `stdexcludes`. */
const standard = ['tmp/?*', 'var/tmp/?*', 'var/run/?*.pid'] as const

/** @throws as readExcludePattern */
export function readExcludes(paths: readonly string[], withStandard: boolean): Excludes {
  const patterns = paths.map(readExcludePattern)
  const of = (isAnchored: boolean) => patterns.filter((each) => each.isAnchored === isAnchored).map(({name}) => name)
  return {anchored: [...(withStandard ? standard : []), ...of(true)], anywhere: of(false)}
}

/**
 * tar's words. A pattern for anywhere has a slash before it: tar would also compare it with the whole of a name, `./root`, so that hidden files (`.?*`) were all files.
 * @param places folders at whose top the file system keeps something of its own (mke2fs(8): lost+found), as tar names them: `.`, `./srv`
 */
export function tarExcludes({anchored, anywhere}: Excludes, places: readonly string[]): string[] {
  return [
    '--anchored', '--no-wildcards', ...places.map((place) => `--exclude=${place}/lost+found`),
    '--wildcards', '--wildcards-match-slash', ...anchored.map((pattern) => `--exclude=./${pattern}`), ...anywhere.map((pattern) => `--exclude=*/${pattern}`),
  ]
}

/**
 * rsync's words for the copy of one mount point, which leave out no more than tar's do: what is copied in vain is left out later.
 * @param path where it is in the container: `/`, `/srv`
 */
export function rsyncExcludes({anchored, anywhere}: Excludes, path: string): string[] {
  const top = path === '/' ? '' : `${path.slice(1)}/`
  const within = anchored.filter((pattern) => pattern.startsWith(top)).map((pattern) => `/${pattern.slice(top.length)}`)
  const patterns = ['/lost+found', ...within, ...anywhere.filter((pattern) => !pattern.includes('/'))]
  // A backslash means itself to rsync where there is nothing else to be matched. Behind the word for it and an underscore a pattern may begin with anything.
  return patterns.filter((pattern) => !pattern.includes('\\')).map((pattern) => `--filter=-_${pattern}`)
}
