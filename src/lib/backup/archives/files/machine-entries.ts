// What lies at a path of the backup of a virtual machine: its disks, their partitions, and files in their file systems. Only the last asks for a mount; tables and signatures are read by us.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {FileStat, FileTree} from '../../../host/index.ts'
import {fileSystemOn, partitionBytes, readPartitions} from '../../../storage/partitions/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {ArchivedEntry, EntryType} from './archived-entries.ts'
import {maxEntries, tooManyEntries} from './archived-entries.ts'
import type {OpenDisk} from './machine-disks.ts'
import {disksOf, withDisk} from './machine-disks.ts'
import type {MachinePath} from './machine-path.ts'
import {wholeDisk} from './machine-path.ts'
import type {MountedFiles} from './mounted-file-system.ts'
import {assertMountable, withMountedFiles} from './mounted-file-system.ts'
import type {BackupWithFiles} from './open-files.ts'

export interface MachineLook {
  /** Whether the kernel may read file systems of the guest. */
  readonly mount: boolean
  /** For temporary files. */
  readonly folder: string
}

/** A file system in the backup. */
export interface InMachine { readonly disk: string; readonly partition: number | typeof wholeDisk }

/** @throws NotFoundError when there is no such path in it; InvalidInputError for files without `mount`, and when the backup or the file system is damaged */
export async function listMachine(backup: BackupWithFiles, {disk, partition, within = ''}: MachinePath, isRecursive: boolean, look: MachineLook, context: Context): Promise<ArchivedEntry[]> {
  if (isRecursive && partition === undefined) throw new InvalidInputError('disks and partitions are listed one after the other', {recursive: 'needs a path in a partition: /DISK/PARTITION'})
  if (disk === undefined) return (await disksOf(backup, context)).map(({key, sizeBytes}) => ({path: `/${key}`, type: 'disk', size: sizeBytes}))
  if (partition === undefined) return withDisk(backup, disk, look.folder, context, (open) => listDisk(open, disk, context))
  return withFilesOf(backup, {disk, partition}, look, context, ({tree}) => listTree(tree, within, `/${disk}/${partition}`, isRecursive))
}

async function listDisk(open: OpenDisk, disk: string, {log}: Context): Promise<ArchivedEntry[]> {
  const table = await readPartitions(open)
  if (table === undefined) {
    const holds = await fileSystemOn(open)
    return [{path: `/${disk}/${wholeDisk}`, type: 'partition', size: open.sizeBytes, ...(holds === undefined ? {} : {holds})}]
  }
  for (const fault of table.faults) log.warn(`${disk}: ${fault}`)
  const entries: ArchivedEntry[] = []
  for (const {number, offset, sizeBytes, label} of table.partitions) {
    const holds = await fileSystemOn(partitionBytes(open, {offset, sizeBytes}))
    entries.push({path: `/${disk}/${number}`, type: 'partition', size: sizeBytes, ...(holds === undefined ? {} : {holds}), ...(label === undefined ? {} : {label})})
  }
  return entries
}

/**
 * Lends the files of one file system, mounted.
 * @throws as listMachine; UnsupportedError for what cannot be mounted
 */
export async function withFilesOf<R>(backup: BackupWithFiles, {disk, partition}: InMachine, {mount, folder}: MachineLook, context: Context, work: (files: MountedFiles) => Promise<R>): Promise<R> {
  assertMayMount(mount)
  return withDisk(backup, disk, folder, context, async (open) => {
    const table = await readPartitions(open)
    const where = `/${disk}/${partition}`
    const piece = partition === wholeDisk ? {offset: 0, sizeBytes: open.sizeBytes} : table?.partitions.find(({number}) => number === partition)
    if (piece === undefined) throw new NotFoundError(`there is no partition ${partition} on ${disk}`, {nextSteps: [`See which there are: corral backup files list ${backup.volume} /${disk}`]})
    const holds = await fileSystemOn(partitionBytes(open, piece))
    assertMountable(holds, where, backup.volume)
    return open.withPiece(piece.offset, piece.sizeBytes, (file) => withMountedFiles(holds ?? '', file, piece.sizeBytes, context, work))
  })
}

/** @throws InvalidInputError when it may not */
export function assertMayMount(mount: boolean): void {
  if (mount) return
  throw new InvalidInputError('files of a virtual machine are read by the kernel of this host, which trusts a file system more than is good for one that a stranger has written', {mount: 'is needed for files of a virtual machine'}, {
    nextSteps: ['If you trust who had the rights of root in the machine: give the option --mount', 'Otherwise restore the machine under another number, and read its disk there: qmrestore ARCHIVE VMID --unique'],
  })
}

const kinds: Readonly<Record<FileStat['kind'], EntryType>> = {file: 'file', directory: 'folder', symlink: 'link', block: 'device', character: 'device', fifo: 'pipe', socket: 'other'}

/** @throws NotFoundError; InvalidInputError when a folder on the way is a link */
export async function plainStat(tree: FileTree, path: string): Promise<FileStat> {
  const parts = path.split('/').filter((part) => part !== '')
  for (let count = 1; count < parts.length; count++) {
    const folder = parts.slice(0, count).join('/')
    if ((await tree.stat(folder, {followLinks: false}))?.kind === 'symlink') throw new InvalidInputError(`'/${folder}' in the backup is a link to '${await tree.readLink(folder) ?? '?'}'`, {path: 'must not lead through a link'}, {nextSteps: ['Name what it leads to.']})
  }
  const stat = await tree.stat(path, {followLinks: false})
  if (stat === undefined) throw new NotFoundError(`there is no '/${path}' in that file system of the backup`, {nextSteps: ['See what there is: corral backup files list VOLUME /DISK/PARTITION --mount']})
  return stat
}

async function listTree(tree: FileTree, path: string, top: string, isRecursive: boolean): Promise<ArchivedEntry[]> {
  const entryAt = async (at: string, stat: FileStat): Promise<ArchivedEntry> => {
    const type = kinds[stat.kind]
    const target = type === 'link' ? await tree.readLink(at) : undefined
    return {path: `${top}/${at}`, type, size: type === 'file' ? stat.sizeBytes : 0, mtime: Math.trunc(stat.mtimeMs / 1000), ...(target === undefined ? {} : {target})}
  }
  const first = await plainStat(tree, path)
  if (first.kind !== 'directory') return [await entryAt(path, first)]
  const entries: ArchivedEntry[] = []
  const folders = [path]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await tree.list(folder)) {
      const at = folder === '' ? name : `${folder}/${name}`
      const stat = await tree.stat(at, {followLinks: false})
      if (stat === undefined) continue
      entries.push(await entryAt(at, stat))
      if (entries.length > maxEntries) throw tooManyEntries(`${top}/${path}`)
      if (isRecursive && stat.kind === 'directory') folders.push(at)
    }
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1))
}
