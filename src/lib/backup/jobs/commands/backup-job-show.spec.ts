import {defineCommand} from '../../../spec/index.ts'
import {jobParam} from '../job-params.ts'
import {jobDetails, jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job show',
  summary: 'Show the settings of a backup job.',
  api: {method: 'GET', path: '/cluster/backup/{id}'},
  params: {id: jobParam},
  args: ['id'],
  returns: jobDetails,
  output: {as: 'fields'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  files: jobsFiles,
  examples: [{line: 'corral backup job show nightly', meaning: 'What the job does, and when it begins next.'}],
  seeAlso: ['corral backup job list', 'corral backup job set'],
})
