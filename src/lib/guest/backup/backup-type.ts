// What a backup of a guest depends on, of the type of guest. The command around it (backup/) chooses the guests, keeps the configuration locked, calls the
// hook script, names the archive, and prunes; a type says how the guest is held and let go, and writes the archive.
import type {ArchiveTarget} from '../../storage/archive/index.ts'
import type {Context, LockWanted, Step} from '../../tasks/index.ts'
import type {GuestFile, GuestKind} from '../guest-files.ts'

/** vzdump(1), "BACKUP MODES". */
export const backupModes = ['snapshot', 'suspend', 'stop'] as const
export type BackupMode = (typeof backupModes)[number]

/** What happens to the guest in between; the administrator's script of vzdump is told. The other phases are the command's own. */
export type GuestBackupPhase = 'pre-stop' | 'pre-restart' | 'post-restart'

/** The place of a backup in the repository of a storage; plain data, so that it can stand in an action. */
export interface RepositoryTarget {
  readonly storage: string
  /** With the guest, the name of the backup. */
  readonly takenAtMs: number
  readonly isProtected: boolean
  readonly notes?: string
  /** For what is read of the guest; 0 and absent: no limit. */
  readonly bandwidthKib?: number
}

/** What is asked for of one guest. All of it is plain data but for `hook`. */
export interface BackupWish {
  readonly mode: BackupMode
  /** Where the archive is written, under a name that says that it is unfinished; the command renames it afterwards. */
  readonly archive: ArchiveTarget
  /** Where the backup goes in place of an archive. */
  readonly repository?: RepositoryTarget
  /** The settings `performance` (vzdump.conf(5)). */
  readonly performance: {readonly maxWorkers?: number; readonly pbsEntriesMax?: number}
  /** Where the guest's old blocks are kept when the target is slow; undefined: nowhere. */
  readonly fleecing: {readonly storage: string | undefined} | undefined
  /** Shell globs of what a container's archive leaves out, besides stdExcludes. */
  readonly excludePaths: readonly string[]
  /** Leave temporary files and logs out: /tmp/?*, /var/tmp/?*, /var/run/?*.pid (vzdump(1)). */
  readonly stdExcludes: boolean
  /** A folder for temporary files of this guest alone. It is not there; a type that needs it makes it, and removes it by an undo and at the end. */
  readonly temporaryFolder: string
  /** How long a guest may take to shut down, in mode stop. */
  readonly stopWaitMinutes: number
  /** The steps that call the script, which is told the mode that was taken; none where there is none. */
  readonly hook: (phase: GuestBackupPhase, mode: BackupMode) => readonly Step[]
}

export interface BackupParts {
  /** How it is done really. */
  readonly mode: BackupMode
  /** Why it is not the mode that was asked for. */
  readonly modeReason?: string
  /** Lines for the log of the backup: which disks are in it, which are left out and why. */
  readonly remarks: readonly string[]
  /**
   * All that is done to the guest, in order, among it the step that writes the archive (writeArchive). Each with its undo, right when done half or
   * not at all: thaw, resume, remove the snapshot, start again what was stopped. After the last of them the guest is as it was.
   */
  readonly steps: readonly Step[]
  /** What remains to be cleared away once the archive has its name, and may as well be done later (a snapshot's removal); idempotent. */
  readonly afterwards?: readonly Step['do'][]
}

/** A volume of a guest, and whether it is in backups. */
export interface BackupVolume {
  /** Its key in the configuration: `scsi0`, `mp0`. */
  readonly key: string
  /** A volume id, a path, or a folder of the host. */
  readonly volume: string
  readonly isIncluded: boolean
  /** Why, or why not, in a few words. */
  readonly reason: string
}

export interface BackupType {
  readonly kind: GuestKind
  /** Of a configuration as it is in force; those that are never volumes of a guest (discs) are left out. */
  readonly volumes: (values: Readonly<Record<string, string>>) => Promise<readonly BackupVolume[]>
  readonly archiveFormat: 'tar' | 'vma'
  /** The locks that the steps need beside that of the guest (`storage/…`, sorted after it); steps may give them back (`thenRelease`). */
  readonly locks: (guest: GuestFile, wish: BackupWish, context: Context) => Promise<readonly LockWanted[]>
  /**
   * Looks, and changes nothing: a dry run asks as well.
   * @param guest its configuration as it stands in the archive. When the steps are carried out the file in the store has `lock: backup` besides,
   * with which nothing else changes it
   * @throws AppError for what keeps it from being backed up
   */
  readonly prepare: (guest: GuestFile, wish: BackupWish, context: Context) => Promise<BackupParts>
}
