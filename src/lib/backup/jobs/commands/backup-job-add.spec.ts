import {defineCommand} from '../../../spec/index.ts'
import {backupJobParams, jobParam, startParams} from '../job-params.ts'
import {changeOfJob} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job add',
  summary: 'Add a job that makes backups.',
  description: `The job runs \`vzdump\` with its settings when its time has come. It needs a schedule and guests: \`--vmid\`, \`--all\`, \`--exclude\` or \`--pool\`. What it does not say,
vzdump.conf and the storage do.

Jobs begin by themselves where somebody looks at the schedule every minute: \`corral schedule install\` sees to that.`,
  api: {method: 'POST', path: '/cluster/backup'},
  params: {id: {...jobParam, completion: 'new'}, ...backupJobParams, schedule: {...backupJobParams.schedule, optional: true}, ...startParams},
  args: ['id'],
  ...changeOfJob,
  examples: [
    {line: 'corral backup job add nightly --schedule "mon..fri 22:30" --all --storage nas --compress zstd', meaning: 'Back up all guests on weekdays.'},
    {line: 'corral backup job add web --schedule "*-*-01 04:00" --vmid 100,101 --storage nas --prune-backups keep-monthly=12', meaning: 'Two guests once a month, kept for a year.'},
  ],
  seeAlso: ['corral backup job set', 'corral backup job list', 'corral backup job run', 'corral schedule install', 'corral-schedule(7)'],
})
