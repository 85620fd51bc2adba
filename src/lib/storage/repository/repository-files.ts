// Where the files of a repository lie. Its rules need no more of a place than this: files that are written once, whole or not at all, and never changed.
import type {Host} from '../../host/index.ts'
import {checkedNames, folderLimits} from './limits.ts'

/** `data` has a folder more for the first two digits of each name; the place sees to that. */
export const repositoryFolders = ['data', 'index', 'keys', 'locks', 'snapshots'] as const
export type RepositoryFolder = (typeof repositoryFolders)[number]

export interface RepositoryFiles {
  /** For messages: `/mnt/backup/repository`. */
  readonly place: string
  /** The file `config`; undefined where there is no repository. */
  readConfig(): Promise<Buffer | undefined>
  /** @throws ConflictError when there is one */
  writeConfig(data: Buffer): Promise<void>
  makeFolders(): Promise<void>
  /** What lies in its folder that is no repository's; none where there is no folder. */
  strangers(): Promise<string[]>
  /** The names in a folder, sorted. @throws InvalidInputError when they are too many */
  list(folder: RepositoryFolder): Promise<string[]>
  /** @throws NotFoundError; InvalidInputError when it is larger than files of its folder may be */
  read(folder: RepositoryFolder, name: string): Promise<Buffer>
  /** @throws NotFoundError */
  readAt(folder: RepositoryFolder, name: string, offset: number, sizeBytes: number): Promise<Buffer>
  /** undefined when it is not there. */
  sizeBytes(folder: RepositoryFolder, name: string): Promise<number | undefined>
  /** Whole or not at all, and on disk when it returns. What has this name already has the same bytes. */
  write(folder: RepositoryFolder, name: string, data: Buffer): Promise<void>
  remove(folder: RepositoryFolder, name: string): Promise<void>
  /** Size and free space of the file system that it is on. @throws UnsupportedError when nobody tells */
  space(): Promise<{readonly totalBytes: number; readonly usedBytes: number; readonly availableBytes: number}>
  /** Lets go of what leads there. */
  close(): Promise<void>
}

/** A folder of a host, be it a mounted one. */
export function filesInFolder({files}: Pick<Host, 'files'>, root: string): RepositoryFiles {
  const config = `${root}/config`
  /** Parts of `data` that are known to be there. */
  const parts = new Set<string>()
  const pathOf = (folder: RepositoryFolder, name: string): string => folder === 'data' ? `${root}/data/${name.slice(0, 2)}/${name}` : `${root}/${folder}/${name}`
  return {
    place: root,
    readConfig: async () => await files.stat(config) === undefined ? undefined : files.read(config),
    writeConfig: (data) => files.write(config, data, {mode: 0o600, overwrite: false}),
    strangers: async () => await files.stat(root) === undefined ? [] : (await files.list(root)).filter(isStranger),
    makeFolders: async () => {
      for (const folder of repositoryFolders) await files.makeDirectory(`${root}/${folder}`, 0o700)
    },
    list: async (folder) => {
      if (folder !== 'data') return checkedNames(folder, (await files.list(`${root}/${folder}`)).filter(isName))
      const names: string[] = []
      for (const part of await files.list(`${root}/data`)) names.push(...(await files.list(`${root}/data/${part}`)).filter(isName))
      return checkedNames(folder, names)
    },
    read: (folder, name) => files.read(pathOf(folder, name), folderLimits[folder].fileBytes),
    readAt: (folder, name, offset, sizeBytes) => files.readAt(pathOf(folder, name), offset, sizeBytes),
    sizeBytes: async (folder, name) => (await files.stat(pathOf(folder, name)))?.sizeBytes,
    write: async (folder, name, data) => {
      const part = name.slice(0, 2)
      if (folder === 'data' && !parts.has(part)) {
        await files.makeDirectory(`${root}/data/${part}`, 0o700)
        parts.add(part)
      }
      await files.write(pathOf(folder, name), data, {mode: 0o600})
    },
    remove: async (folder, name) => { await files.remove(pathOf(folder, name)) },
    space: () => files.space(root),
    close: async () => undefined,
  }
}

/** Pure. What a repository that was begun has is not, and neither is what each new file system of ext4 has. */
export function isStranger(name: string): boolean {
  return !['config', 'lost+found', '.', '..', ...repositoryFolders].includes(name)
}

/** Temporary files of a writer have other names. */
function isName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}
