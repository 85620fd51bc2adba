// The options of a backup that a command, vzdump.conf and a job have in common, as data.
import type {Params} from '../../spec/index.ts'
import {std} from '../../spec/index.ts'
import {retentionFormat} from '../../storage/archive/index.ts'

export const fleecingFormat = {
  enabled: {type: 'boolean', optional: true, default: false, defaultKey: true, description: 'Keep what the guest overwrites during the backup on a storage of its own, so that it never waits for a slow target.'},
  storage: {...std.storage, optional: true, defaultText: 'that of each disk', description: 'Where it is kept.'},
} as const

export const performanceFormat = {
  'max-workers': {type: 'integer', minimum: 1, maximum: 256, optional: true, default: 16, description: 'How many parts of the disks of a virtual machine are read at a time.'},
  'pbs-entries-max': {type: 'integer', minimum: 1, optional: true, default: 1_048_576, description: 'Is for backup servers; means nothing for archives.'},
} as const

/** In the order of the alphabet. Defaults are those of vzdump(1). */
export const backupParams = {
  bwlimit: {type: 'integer', minimum: 0, optional: true, default: 0, placeholder: 'KiB/s', description: 'Read no faster than this, in KiB a second; 0 is no limit.'},
  compress: {type: 'string', enum: ['0', '1', 'gzip', 'lzo', 'zstd'], optional: true, default: '0', description: 'How the archive is compressed; 0 is not at all, 1 is lzo.'},
  dumpdir: {type: 'string', isPath: true, maxLength: 4096, optional: true, completion: 'file', placeholder: 'folder', description: 'The folder that takes the archives, in place of a storage.'},
  'exclude-path': {
    type: 'array', items: {type: 'string', maxLength: 4096}, optional: true, placeholder: 'pattern',
    description: 'Leave these files of containers out; a shell pattern. One that begins with / counts from the root of the container, others match anywhere. May be given several times.',
  },
  fleecing: {type: 'string', format: fleecingFormat, optional: true, description: 'For virtual machines: keep old data aside while the backup runs.'},
  ionice: {type: 'integer', minimum: 0, maximum: 8, optional: true, default: 7, description: 'The priority at the disk of the programs that read, compress and write; 8 is only when nobody else wants the disk.'},
  lockwait: {type: 'integer', minimum: 0, optional: true, default: 180, placeholder: 'minutes', description: 'How long to wait for another backup of this host to end, in minutes.'},
  mailnotification: {type: 'string', enum: ['always', 'failure'], optional: true, default: 'always', description: 'When a mail is sent.'},
  mailto: {type: 'string', format: 'email-or-username-list', maxLength: 4096, optional: true, placeholder: 'address[,...]', description: 'Who is sent a report: addresses, or users whose address stands in user.cfg.'},
  maxfiles: {type: 'integer', minimum: 1, optional: true, placeholder: 'N', description: 'The older form of `prune-backups keep-last=N`.'},
  mode: {type: 'string', enum: ['snapshot', 'stop', 'suspend'], optional: true, default: 'snapshot', description: 'What happens to a running guest: it goes on (snapshot), stands still for a while (suspend), or is shut down and started again (stop).'},
  'notes-template': {
    type: 'string', maxLength: 1024, optional: true, requires: 'storage', placeholder: 'text',
    description: 'The notes of each backup. `{{cluster}}`, `{{guestname}}`, `{{node}}` and `{{vmid}}` are filled in; `\\n` is a line end and `\\\\` a backslash.',
  },
  'notification-mode': {
    type: 'string', enum: ['auto', 'legacy-sendmail', 'notification-system'], optional: true, default: 'auto',
    description: 'How people are told: by `sendmail`. There is no notification system yet, so that auto sends a mail where `mailto` is given, and notification-system sends none.',
  },
  'pbs-change-detection-mode': {
    type: 'string', enum: ['data', 'legacy', 'metadata'], optional: true,
    description: 'How a Proxmox Backup Server is told which files of containers have changed. Backups go to no such server, so that it is taken and has no effect.',
  },
  performance: {type: 'string', format: performanceFormat, optional: true, description: 'Settings of the reading of disks.'},
  pigz: {type: 'integer', minimum: 0, optional: true, default: 0, placeholder: 'N', description: 'With compress gzip: use pigz, with N threads; 1 stands for half of the processors, 0 for gzip.'},
  pool: {type: 'string', format: 'pve-poolid', optional: true, placeholder: 'pool', description: 'Back up the guests of this pool.'},
  protected: {type: 'boolean', optional: true, requires: 'storage', description: 'Protect the backups: they are neither removed by hand nor pruned.'},
  'prune-backups': {type: 'string', format: retentionFormat, optional: true, defaultText: 'those of the storage, else keep-all=1', description: 'Which backups of each guest are kept, after its backup.'},
  remove: {type: 'boolean', optional: true, default: true, description: 'Remove backups that the rules for keeping them give up.'},
  script: {type: 'string', isPath: true, maxLength: 4096, optional: true, completion: 'file', placeholder: 'file', description: 'A program that is called in each phase; see below.'},
  stdexcludes: {type: 'boolean', optional: true, default: true, description: 'Leave temporary files of containers out: `/tmp/?*`, `/var/tmp/?*`, `/var/run/?*.pid`.'},
  stopwait: {type: 'integer', minimum: 0, optional: true, default: 10, placeholder: 'minutes', description: 'How long a guest may take to shut down in mode stop, in minutes.'},
  storage: {...std.storage, optional: true, defaultText: 'local', description: 'The storage that takes the archives.'},
  tmpdir: {type: 'string', isPath: true, maxLength: 4096, optional: true, completion: 'file', placeholder: 'folder', defaultText: 'beside the archives', description: 'The folder for temporary files; containers in mode suspend need as much room as their files.'},
  zstd: {type: 'integer', minimum: 0, optional: true, default: 1, placeholder: 'N', description: 'With compress zstd: how many threads; 0 stands for half of the processors.'},
} as const satisfies Params
