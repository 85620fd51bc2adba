// The file systems of a container in the host's own mount namespace, where `pct mount` puts them: the root file system and each mount point in a folder of
// ours, and the mount points once more at their places below the root.
import type {Context} from '../../../tasks/index.ts'
import {containerPaths, lxcPathOf, mountBase, mountPlace} from '../runtime/paths.ts'

/** The folders of the keys, in the order in which they are mounted. */
export function hostPlaces(places: Context['places'], vmid: number, keys: readonly string[]): {readonly key: string; readonly place: string}[] {
  return keys.map((key) => ({key, place: key === 'rootfs' ? containerPaths(places, vmid).rootfs : mountPlace(places, vmid, key)}))
}

/** Those of them that something is mounted on. */
export async function mountedPlaces(wanted: readonly string[], {host}: Pick<Context, 'host'>): Promise<string[]> {
  const text = await host.files.readText('/proc/self/mountinfo', 16 * 1024 * 1024)
  const mounted = new Set(text.split('\n').map((line) => line.split(' ')[4] ?? ''))
  return wanted.filter((place) => mounted.has(place))
}

/** What unmounts them; what is mounted below the root file system goes with it. */
export function unmountArgvs(mounted: readonly string[]): string[][] {
  return mounted.map((place) => ['umount', '--recursive', '--', place])
}

/** The folders that are ours, innermost first. */
export function hostFolders(places: Context['places'], vmid: number, keys: readonly string[]): string[] {
  const own = lxcPathOf(places)
  return [...hostPlaces(places, vmid, keys).map(({place}) => place), `${own}/${vmid}`, ...(own === mountBase ? [] : [own])]
}
