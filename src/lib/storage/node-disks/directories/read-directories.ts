// Which directories a host has: its units and /etc/fstab are read.
import {NotFoundError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {MountedDirectory} from './mounted-directory.ts'
import {directoryPath, fstabPath, parseFstab, parseMountUnit, unitFolder} from './mounted-directory.ts'

/** Sorted by path. A unit stands before a line of fstab about the same place. */
export async function readDirectories(host: Host): Promise<MountedDirectory[]> {
  const names = (await host.files.list(unitFolder)).filter((name) => /^mnt-pve-.{1,250}\.mount$/.test(name))
  const units = await Promise.all(names.map(async (name) => parseMountUnit(await textOf(host, `${unitFolder}/${name}`), `${unitFolder}/${name}`)))
  const found = new Map<string, MountedDirectory>()
  for (const each of [...parseFstab(await textOf(host, fstabPath)), ...units.filter((unit) => unit !== undefined)]) found.set(each.path, each)
  return [...found.values()].toSorted((a, b) => a.path.localeCompare(b.path, 'en'))
}

/** @throws NotFoundError */
export async function findDirectory(host: Host, name: string): Promise<MountedDirectory> {
  const found = (await readDirectories(host)).find(({path}) => path === directoryPath(name))
  if (found === undefined) throw new NotFoundError(`the host has no directory '${name}'`, {nextSteps: ['See which there are: corral disk directory list']})
  return found
}

/** Empty when it is not there. */
export async function textOf(host: Host, path: string): Promise<string> {
  try {
    return await host.files.readText(path)
  } catch (error) {
    if (error instanceof NotFoundError) return ''
    throw error
  }
}
