// Which release of a distribution a root file system holds, by its own files, and how releases are compared. Nothing in it is run.
import type {FileTree} from '../../../host/index.ts'
import {readOsRelease} from './detect.ts'

const maxBytes = 4096
/** For those that have no number yet, or never get one. */
const newest = '9999'

/** The whole first line of a file with nothing but the release in it; releases that have a name only, by that name. */
export function releaseInFile(path: string, names: Readonly<Record<string, string>> = {}): (tree: FileTree) => Promise<string> {
  return async (tree) => {
    const text = (await tree.readText(path, maxBytes) ?? '').split('\n', 1)[0]?.trim() ?? ''
    if (/^\d/.test(text)) return text
    // `trixie/sid`: the coming one. What has a name that is not known is newer than all that are.
    const word = text.split('/', 1)[0] ?? ''
    return text === '' ? (await readOsRelease(tree))['VERSION_ID'] ?? '' : Object.hasOwn(names, word) ? names[word] ?? '' : newest
  }
}

/** The number in a line such as `CentOS Stream release 10 (Coughlan)`. */
export function releaseInWords(...paths: readonly string[]): (tree: FileTree) => Promise<string> {
  return async (tree) => {
    for (const path of paths) {
      const found = /release (\d{1,6}(?:\.\d{1,6})*)/.exec(await tree.readText(path, maxBytes) ?? '')?.[1]
      if (found !== undefined) return found
    }
    return releaseOfSystem(tree)
  }
}

/** VERSION_ID of os-release(5). */
export async function releaseOfSystem(tree: FileTree): Promise<string> {
  return (await readOsRelease(tree))['VERSION_ID'] ?? ''
}

/** `12.4` is at least `12`. */
export function isAtLeast(release: string, least: string): boolean {
  const [a, b] = [release, least].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  for (let index = 0; index < (b?.length ?? 0); index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}
