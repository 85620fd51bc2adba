// Archives of backups, for those who restore them.
export {parseArchiveName} from '../archive-name.ts'
export type {ArchiveInfo} from '../archive-name.ts'
export {archivedMachine} from './archived-config.ts'
export type {ArchivedMachine} from './archived-config.ts'
export type {BackupFill} from './fill-action.ts'
export {archiveArgvs, niceArgv, writeArchive} from './write-archive.ts'
export type {ArchiveSource, ArchiveTarget, WrittenArchive} from './write-archive.ts'
