import {defineCommand} from '../../../spec/index.ts'
import {snapshotJobParam, snapshotJobParams} from '../job-params.ts'
import {changeOfJob} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral snapshot job add',
  summary: 'Add a job that takes snapshots.',
  description: `When its time has come, the job takes a snapshot of each of its guests, named after the job and the time, and removes those of its own snapshots that the rules
for keeping them give up. Snapshots that others made are neither counted nor removed. Without rules all are kept.

Jobs begin by themselves where somebody looks at the schedule every minute: \`corral schedule install\` sees to that.`,
  params: {id: {...snapshotJobParam, completion: 'new'}, ...snapshotJobParams},
  args: ['id'],
  ...changeOfJob,
  examples: [
    {line: 'corral snapshot job add hourly --schedule hourly --all --keep-hourly 24 --keep-daily 7', meaning: 'A snapshot of every guest each hour, kept for a day, and one of each day for a week.'},
    {line: 'corral snapshot job add web --schedule "*/15" --vmid 100 --keep-last 8', meaning: 'Every quarter of an hour, the last two hours.'},
  ],
  seeAlso: ['corral snapshot job set', 'corral snapshot job list', 'corral snapshot job run', 'corral schedule install', 'qm snapshot', 'pct snapshot', 'corral-schedule(7)'],
})
