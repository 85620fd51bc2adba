// What a backup job ends up with: what was asked for, then what the storage says, then vzdump.conf, then the defaults. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {readExcludePattern} from '../../guest/backup/index.ts'
import {splitList} from '../../spec/index.ts'
import {parsePropertyString} from '../../spec/property-string.ts'
import {parseRetention, storageRetention} from '../../storage/archive/index.ts'
import type {Retention} from '../../storage/archive/index.ts'
import type {StorageConfig} from '../../storage/index.ts'
import {fleecingFormat, performanceFormat} from './backup-params.ts'
import type {BackupOptions} from './vzdump-conf.ts'

/** Plain data, all of it settled. */
export interface JobOptions {
  /** One of both. */
  readonly storage?: string
  readonly dumpDir?: string
  readonly tmpDir?: string
  readonly mode: 'snapshot' | 'stop' | 'suspend'
  readonly compress: 'none' | 'gzip' | 'lzo' | 'zstd'
  readonly pigz: number
  readonly zstd: number
  readonly bwlimitKib: number
  readonly ionice: number
  readonly lockWaitMinutes: number
  readonly stopWaitMinutes: number
  readonly script?: string
  readonly notesTemplate?: string
  readonly isProtected: boolean
  /** Which backups are kept; without a rule all are. */
  readonly retention: Retention
  /** Whether any is removed. */
  readonly removes: boolean
  readonly mailTo: readonly string[]
  readonly mailsOnlyFailures: boolean
  readonly notificationMode: 'auto' | 'legacy-sendmail' | 'notification-system'
  readonly excludePaths: readonly string[]
  readonly stdExcludes: boolean
  readonly fleecing?: {readonly storage?: string}
  readonly performance: {readonly maxWorkers?: number; readonly pbsEntriesMax?: number}
}

/** @throws InvalidInputError for options that contradict each other, and patterns that are none */
export function checkJobOptions(options: BackupOptions): void {
  const {storage, dumpdir, maxfiles, 'prune-backups': prune, 'exclude-path': patterns = []} = options
  patterns.forEach(readExcludePattern)
  if (storage !== undefined && dumpdir !== undefined) throw new InvalidInputError('backups go to a storage or to a folder, not to both', {dumpdir: 'cannot stand beside --storage'})
  if (maxfiles !== undefined && prune !== undefined) throw new InvalidInputError("'maxfiles' is the older form of 'prune-backups', so that both together contradict each other", {maxfiles: 'cannot stand beside --prune-backups'})
  if (prune !== undefined) parseRetention(prune)
}

/** The storage or the folder that the backups go to. */
export function backupPlace(asked: BackupOptions, conf: BackupOptions): Pick<JobOptions, 'storage' | 'dumpDir'> {
  const {storage, dumpdir} = asked.storage === undefined && asked.dumpdir === undefined ? conf : asked
  return storage !== undefined ? {storage} : dumpdir !== undefined ? {dumpDir: dumpdir.length > 1 ? dumpdir.replace(/\/$/, '') : dumpdir} : {storage: 'local'}
}

/**
 * @param asked by the command or the job
 * @param storage the section of the storage, where the backups go to one
 * @throws InvalidInputError
 */
export function jobOptions(asked: BackupOptions, conf: BackupOptions, storage: StorageConfig | undefined): JobOptions {
  const of = <K extends keyof BackupOptions>(name: K): BackupOptions[K] => asked[name] ?? conf[name]
  const [tmpdir, script, notes] = [of('tmpdir'), of('script'), of('notes-template')]
  const retention = retentionOfJob(asked, storage) ?? retentionOfJob(conf, undefined) ?? {}
  const fleecing = fleecingOf(of('fleecing'))
  return {
    ...backupPlace(asked, conf),
    ...(tmpdir === undefined ? {} : {tmpDir: tmpdir}), ...(script === undefined ? {} : {script}), ...(notes === undefined ? {} : {notesTemplate: notes}),
    mode: of('mode') ?? 'snapshot', compress: compressionOf(of('compress')), pigz: of('pigz') ?? 0, zstd: of('zstd') ?? 1,
    bwlimitKib: of('bwlimit') ?? 0, ionice: of('ionice') ?? 7, lockWaitMinutes: of('lockwait') ?? 180, stopWaitMinutes: of('stopwait') ?? 10,
    isProtected: of('protected') ?? false, retention, removes: Object.keys(retention).length > 0 && (of('remove') ?? true),
    mailTo: splitList(of('mailto') ?? ''), mailsOnlyFailures: of('mailnotification') === 'failure', notificationMode: of('notification-mode') ?? 'auto',
    excludePaths: [...conf['exclude-path'] ?? [], ...asked['exclude-path'] ?? []], stdExcludes: of('stdexcludes') ?? true,
    ...(fleecing === undefined ? {} : {fleecing}), performance: performanceOf(of('performance')),
  }
}

/** What was asked for and changes nothing, in sentences for the log. Pure. */
export function optionsWithoutEffect(asked: BackupOptions, {compress}: Pick<JobOptions, 'compress'>): string[] {
  return [
    ...asked['pbs-change-detection-mode'] === undefined ? [] : ['--pbs-change-detection-mode has no effect: the backups go to no backup server'],
    ...(asked.pigz ?? 0) === 0 || compress === 'gzip' ? [] : ['--pigz has no effect: it is for --compress gzip'],
    ...asked.zstd === undefined || compress === 'zstd' ? [] : ['--zstd has no effect: it is for --compress zstd'],
  ]
}

function compressionOf(value: BackupOptions['compress']): JobOptions['compress'] {
  return value === undefined || value === '0' ? 'none' : value === '1' ? 'lzo' : value
}

/** Rules that all keep nothing keep all, as keep-all does. */
function retentionOfJob({'prune-backups': rules, maxfiles}: BackupOptions, storage: StorageConfig | undefined): Retention | undefined {
  if (rules !== undefined) return parseRetention(rules)
  if (maxfiles !== undefined) return {'keep-last': maxfiles}
  return storage === undefined ? undefined : storageRetention(storage)
}

function fleecingOf(text: string | undefined): JobOptions['fleecing'] {
  if (text === undefined) return undefined
  const {enabled, storage} = parsePropertyString(text, fleecingFormat)
  return enabled !== true ? undefined : typeof storage === 'string' ? {storage} : {}
}

function performanceOf(text: string | undefined): JobOptions['performance'] {
  if (text === undefined) return {}
  const {'max-workers': maxWorkers, 'pbs-entries-max': pbsEntriesMax} = parsePropertyString(text, performanceFormat)
  return {...(typeof maxWorkers === 'number' ? {maxWorkers} : {}), ...(typeof pbsEntriesMax === 'number' ? {pbsEntriesMax} : {})}
}
