// Backups of guests, for the command that makes them. What a type of guest does is loaded with the first guest of that type.
import type {GuestConfig} from '../guest-config.ts'
import type {GuestType} from '../guest-files.ts'
import type {BackupType} from './backup-type.ts'

export {backupModes} from './backup-type.ts'
export type {BackupMode, BackupParts, BackupType, BackupVolume, BackupWish, GuestBackupPhase} from './backup-type.ts'
export {assertNotLockedOf, configPathOf, findGuest, guestLockName, listAllGuests, readGuestOf} from '../guest-files.ts'
export type {GuestFile, GuestKind, GuestPlace, GuestType} from '../guest-files.ts'
export {readExcludePattern} from './exclude-path.ts'
export {writeKey} from '../pending.ts'

/** How guests of a type are backed up. */
export async function loadBackupType(type: GuestType): Promise<BackupType> {
  return type === 'qemu' ? (await import('../qemu/backup/index.ts')).qemuBackup : (await import('../lxc/backup/index.ts')).lxcBackup
}

/** What writes the configuration of a guest of a type as a file. */
export async function loadFormatter(type: GuestType): Promise<(config: GuestConfig) => string> {
  return type === 'qemu' ? (await import('../qemu/config/config-file.ts')).formatQemuConfig : (await import('../lxc/config/config-file.ts')).formatLxcConfig
}

/** What reads the configuration of a guest of a type. */
export async function configParser(type: GuestType): Promise<(text: string) => GuestConfig> {
  return (await loadBackupType(type)).kind.loadParser()
}
