import {defineCommand, std} from '../../../spec/index.ts'
import {backupJobParams, changeParams, jobParam, startParams} from '../job-params.ts'
import {changeOfJob} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job set',
  summary: 'Change a backup job.',
  description: 'Settings that are not named stay. A job whose schedule changes begins at the next time of the new one.',
  api: {method: 'PUT', path: '/cluster/backup/{id}'},
  params: {id: jobParam, ...backupJobParams, schedule: {...backupJobParams.schedule, optional: true}, ...startParams, ...changeParams, digest: std.digest},
  args: ['id'],
  ...changeOfJob,
  examples: [
    {line: 'corral backup job set nightly --schedule 23:00', meaning: 'Begin later.'},
    {line: 'corral backup job set nightly --delete comment,pool --enabled 0', meaning: 'Take settings away, and switch the job off.'},
  ],
  seeAlso: ['corral backup job add', 'corral backup job show', 'corral backup job remove', 'corral-schedule(7)'],
})
