import {defineCommand} from '../../../spec/index.ts'
import {snapshotJobParam} from '../job-params.ts'
import {jobDetails, jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral snapshot job show',
  summary: 'Show the settings of a snapshot job.',
  params: {id: snapshotJobParam},
  args: ['id'],
  returns: jobDetails,
  output: {as: 'fields'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  files: jobsFiles,
  examples: [{line: 'corral snapshot job show hourly', meaning: 'What the job does, and when it begins next.'}],
  seeAlso: ['corral snapshot job list', 'corral snapshot job set'],
})
