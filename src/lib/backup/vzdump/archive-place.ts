// Where the archives of a run go, and what each is called (vzdump(1), "BACKUP FILE NAMES").
import {InvalidInputError} from '../../base/index.ts'
import type {ArchiveFormat} from '../../storage/archive/index.ts'
import {openStorage} from '../../storage/index.ts'
import type {Storage} from '../../storage/index.ts'
import {backupName} from '../../storage/repository/backup-name.ts'
import type {Context} from '../../tasks/index.ts'
import type {JobOptions} from './job-options.ts'

export interface ArchivePlace {
  /** The folder of the archives; with a repository, of temporary files alone. */
  readonly folder: string
  /** Absent for a folder of the host. */
  readonly storage?: Storage
}

/** What a backup is called. */
export interface BackupStem {
  /** The name of its files, without an ending. */
  readonly stem: string
  readonly takenAtMs: number
}

/** Whether backups are no archives there, but lie in a repository. */
export function isRepository({storage}: ArchivePlace): boolean {
  return storage?.repository !== undefined
}

/** What people and scripts are told: a path, or the volume id of a backup that is no file. Pure. */
export function targetName({folder, storage}: ArchivePlace, backup: {readonly type: 'lxc' | 'qemu'; readonly vmid: number; readonly takenAtMs: number}, archive: string): string {
  return storage?.repository === undefined ? `${folder}/${archive}` : `${storage.config.storage}:${backupName({...backup, guestType: backup.type})}`
}

/** Names of the files of one backup; they lie in the folder of the archives. */
export interface ArchiveNames {
  readonly archive: string
  /** Its name until it is whole; no listing takes it for a backup. */
  readonly unfinished: string
  readonly log: string
}

/**
 * Looks only.
 * @throws InvalidInputError when the storage takes no backups, or there is no such folder; what opening the storage throws
 */
export async function archivePlace({storage: name, dumpDir, tmpDir}: Pick<JobOptions, 'storage' | 'dumpDir' | 'tmpDir'>, context: Context): Promise<ArchivePlace> {
  if (name === undefined) {
    const folder = dumpDir ?? '/'
    if ((await context.host.files.stat(folder, {followLinks: true}))?.kind !== 'directory') throw new InvalidInputError(`there is no folder ${folder}`, {dumpdir: 'is no folder'}, {nextSteps: [`mkdir -p ${folder}`]})
    return {folder}
  }
  const storage = await openStorage(name, context)
  const {defaultContent} = storage.traits
  if (!defaultContent.includes('backup')) {
    throw new InvalidInputError(`storage '${name}' does not hold backups: its content is ${defaultContent.join(',') || 'none'}`, {storage: 'does not hold backups'}, {
      nextSteps: ['See which do: pvesm status --content backup', `Or allow it: pvesm set ${name} --content ${[...defaultContent, 'backup'].join(',')}`],
    })
  }
  if (storage.repository !== undefined) return {folder: tmpDir ?? '/var/tmp', storage}
  const path = storage.path({storage: name, name: 'backup/vzdump-qemu-100-2026_01_31-12_00_00.vma'})
  return {folder: path.slice(0, path.lastIndexOf('/')), storage}
}

/** Makes it usable. A repository that is gone is not made anew: only `pvesm add` makes one. @throws UnavailableError; as StorageRepository.use */
export async function makePlaceReady({folder, storage}: ArchivePlace, {host}: Pick<Context, 'host'>): Promise<void> {
  if (storage === undefined) return
  if (storage.repository !== undefined) {
    await storage.repository.use(async () => undefined, {lock: 'none'})
    return
  }
  await storage.activate()
  await host.files.makeDirectory(folder, 0o755)
}

/** Pure. */
export function archiveNames(stem: string, format: ArchiveFormat, suffix: string): ArchiveNames {
  return {archive: `${stem}.${format}${suffix}`, unfinished: `${stem}.${format}.dat`, log: `${stem}.log`}
}

/** Pure: `vzdump-qemu-100-2026_01_31-12_00_00`, in local time. */
export function archiveStem(type: 'lxc' | 'qemu', vmid: number, timeMs: number): string {
  const time = new Date(timeMs)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('_')
  return `vzdump-${type}-${vmid}-${day}-${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join('_')}`
}

/** A name that no backup has: of two within a second, the second is said to be one later. */
export async function freeStem(type: 'lxc' | 'qemu', vmid: number, {folder, storage}: ArchivePlace, {host, clock}: Pick<Context, 'host' | 'clock'>): Promise<BackupStem> {
  const inRepository = storage?.repository === undefined ? undefined : new Set((await storage.list(['backup'], vmid)).map(({id}) => id.name))
  const taken = inRepository === undefined ? await host.files.list(folder) : []
  for (let takenAtMs = clock.now(); ; takenAtMs += 1000) {
    const stem = archiveStem(type, vmid, takenAtMs)
    const isFree = inRepository === undefined ? !taken.some((name) => name.startsWith(`${stem}.`)) : !inRepository.has(backupName({guestType: type, vmid, takenAtMs}))
    if (isFree) return {stem, takenAtMs}
  }
}
