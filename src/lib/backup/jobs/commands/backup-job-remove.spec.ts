import {defineCommand} from '../../../spec/index.ts'
import {jobParam} from '../job-params.ts'
import {jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job remove',
  summary: 'Remove a backup job.',
  description: 'The backups that it made stay.',
  api: {method: 'DELETE', path: '/cluster/backup/{id}'},
  params: {id: jobParam},
  args: ['id'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'caller',
  needs: {path: '/', privilege: 'Sys.Modify'},
  files: jobsFiles,
  examples: [{line: 'corral backup job remove web', meaning: 'Forget the job.'}],
  seeAlso: ['corral backup job add', 'corral backup job set', 'corral backup job list'],
})
