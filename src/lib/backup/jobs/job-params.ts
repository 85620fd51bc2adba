// What a job is: the keys of its section in jobs.cfg, which are the options of the commands that write it. Names, ranges and defaults of backup jobs
// are Proxmox VE's; jobs that take snapshots are Corral's own.
import {std} from '../../spec/index.ts'
import type {Params} from '../../spec/index.ts'
import {retentionFormat} from '../../storage/prune/retention.ts'
import {backupParams} from '../vzdump/backup-params.ts'

/** Every job has these. */
const scheduleParams = {
  schedule: {type: 'string', format: 'pve-calendar-event', maxLength: 128, placeholder: 'event', description: 'When it begins: a calendar event such as `mon..fri 22:30`, `*/15` or `daily`; corral-schedule(7) describes them.'},
  comment: {type: 'string', maxLength: 512, optional: true, description: 'What it is for.'},
  enabled: {type: 'boolean', optional: true, default: true, description: 'Whether it begins by itself.'},
  node: {...std.node, description: 'Run it on this host only.'},
  'repeat-missed': {type: 'boolean', optional: true, default: false, description: 'When its time passed while nobody looked at the schedule, because the host was off, run it as soon as somebody does.'},
} as const satisfies Params

/** Which guests it is for. */
const choiceParams = {
  all: {type: 'boolean', optional: true, default: false, description: 'All guests of the host.'},
  exclude: {type: 'string', format: 'pve-vmid-list', optional: true, placeholder: 'vmid[,vmid…]', completion: 'vmid', description: 'All guests of the host but these.'},
  pool: {type: 'string', format: 'pve-poolid', optional: true, description: 'The guests of this pool.'},
  vmid: {type: 'string', format: 'pve-vmid-list', optional: true, placeholder: 'vmid[,vmid…]', completion: 'vmid', description: 'These guests.'},
} as const satisfies Params

/** Keys of Proxmox VE's files that `vzdump` is not given: they mean nothing to a task. */
export const passedOver = {
  quiet: {type: 'boolean', optional: true, default: false, description: 'Means nothing: the schedule is quiet when all is well.'},
} as const satisfies Params

/** Of the jobs that make backups. */
export const backupJobParams = {
  ...backupParams, ...scheduleParams, ...choiceParams, ...passedOver,
  stop: {type: 'boolean', optional: true, default: false, description: 'Stop the run of backups that is under way on the host.'},
} as const satisfies Params

const {
  'keep-last': last, 'keep-hourly': hourly, 'keep-daily': daily, 'keep-weekly': weekly, 'keep-monthly': monthly, 'keep-yearly': yearly,
} = retentionFormat
const ofSnapshots = <S extends {readonly description: string}>(schema: S) => ({...schema, description: schema.description.replaceAll('backup', 'snapshot')})

/** Of the jobs that take snapshots. */
export const snapshotJobParams = {
  ...scheduleParams, ...choiceParams,
  'keep-last': ofSnapshots(last), 'keep-hourly': ofSnapshots(hourly), 'keep-daily': ofSnapshots(daily),
  'keep-weekly': ofSnapshots(weekly), 'keep-monthly': ofSnapshots(monthly), 'keep-yearly': ofSnapshots(yearly),
  vmstate: {type: 'boolean', optional: true, default: false, description: 'Keep the memory of running virtual machines as well.'},
} as const satisfies Params

/** The names of snapshots hold that of their job, and have at most 40 characters. */
export const longestSnapshotJob = 24

export const jobParam = {type: 'string', format: 'pve-configid', maxLength: 50, placeholder: 'job', description: 'The name of the job.'} as const
export const snapshotJobParam = {...jobParam, maxLength: longestSnapshotJob} as const

/** The older form of a backup job's schedule, which Proxmox VE's API takes as well. Commands turn it into a schedule; no section holds it. */
export const startParams = {
  starttime: {type: 'string', pattern: '[0-9]{1,2}:[0-9]{1,2}', maxLength: 5, optional: true, placeholder: 'HH:MM', description: 'The older form of a schedule: at this time of the day.'},
  dow: {type: 'string', format: 'pve-day-of-week-list', maxLength: 64, optional: true, requires: 'starttime', placeholder: 'day[,day…]', defaultText: 'each day', description: 'With `--starttime`: on these days of the week.'},
} as const satisfies Params

/** Of the commands that change a job. */
export const changeParams = {
  delete: {type: 'string', format: 'pve-configid-list', optional: true, maxLength: 4096, placeholder: 'key[,key…]', description: 'Take these settings away.'},
} as const satisfies Params
