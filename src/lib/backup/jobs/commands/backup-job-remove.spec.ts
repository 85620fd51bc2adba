import {defineCommand} from '../../../spec/index.ts'
import {jobParam} from '../job-params.ts'
import {changeOfJob} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job remove',
  summary: 'Remove a backup job.',
  description: 'The backups that it made stay.',
  api: {method: 'DELETE', path: '/cluster/backup/{id}'},
  params: {id: jobParam},
  args: ['id'],
  ...changeOfJob,
  examples: [{line: 'corral backup job remove web', meaning: 'Forget the job.'}],
  seeAlso: ['corral backup job add', 'corral backup job set', 'corral backup job list'],
})
