// What a user's machine remembers for completion of the hosts that it reaches over SSH: their names, and which hosts the contexts have. All
// of it lies in a private folder of the user's cache, in the same form as on a host, and may be lost.
import {createHash} from 'node:crypto'
import type {HostFiles} from '../host/index.ts'
import {maxNamesBytes, nameFiles, namesText, readNamesText} from './name-files.ts'

/** What decides whom a connection reaches, as for the keeper of the connection. */
export interface RemoteTarget {
  readonly ssh: string
  readonly agent?: string | undefined
}

export interface NamedContext {
  readonly name: string
  readonly hosts: readonly ({readonly name: string} & RemoteTarget)[]
}

/** The name of the folder in which the names of a host lie. */
export function remoteFolderName({ssh, agent = ''}: RemoteTarget): string {
  return createHash('sha256').update(JSON.stringify([ssh, agent])).digest('hex').slice(0, 16)
}

/**
 * Keeps the names that the agent of a host gave (readNames). They come from another machine: only lines of the right form are taken.
 * @param cacheDir `~/.cache/corral`, of base/userCacheDir
 * @throws AppError when the folder cannot be written
 */
export async function rememberNames(target: RemoteTarget, names: unknown, cacheDir: string, files: HostFiles): Promise<void> {
  const folder = `${cacheDir}/completion/${remoteFolderName(target)}`
  const given = typeof names === 'object' && names !== null ? names as Readonly<Record<string, unknown>> : {}
  await files.makeDirectory(folder, 0o700)
  for (const file of nameFiles) {
    const text = Object.hasOwn(given, file) ? given[file] : undefined
    const read = typeof text === 'string' ? readNamesText(file, text) : undefined
    if (read !== undefined) await writeIfNew(`${folder}/${file}`, namesText(file, read.lines, read.revision), files)
  }
}

/** Keeps which contexts there are, and where the names of their hosts lie: `CONTEXT HOST FOLDER current`, `-` for what is not. */
export async function rememberContexts(
  {contexts, current}: {readonly contexts: readonly NamedContext[]; readonly current?: string | undefined}, cacheDir: string, files: HostFiles,
): Promise<void> {
  const lines = contexts.flatMap(({name, hosts}) => hosts.map((host) => (
    [name, host.name, host.ssh === 'local' ? '-' : remoteFolderName(host), name === current ? 'current' : '-'].join('\t'))))
  await files.makeDirectory(`${cacheDir}/completion`, 0o700)
  await writeIfNew(`${cacheDir}/completion/contexts`, ['#corral-names 1 0', ...lines, ''].join('\n'), files)
}

async function writeIfNew(path: string, text: string, files: HostFiles): Promise<void> {
  const before = await files.readText(path, maxNamesBytes).catch(() => undefined)
  if (before !== text) await files.write(path, text, {mode: 0o600, durable: false})
}
