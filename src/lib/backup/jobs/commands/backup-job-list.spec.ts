import {defineCommand} from '../../../spec/index.ts'
import {jobRows, jobTable, jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job list',
  summary: 'List the backup jobs.',
  description: 'With `--output-format json` all settings of each job are there. `corral schedule list` shows how jobs ended.',
  api: {method: 'GET', path: '/cluster/backup'},
  params: {},
  args: [],
  returns: jobRows,
  output: jobTable,
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  files: jobsFiles,
  examples: [{line: 'corral backup job list', meaning: 'Which jobs there are, and when they begin next.'}],
  seeAlso: ['corral backup job show', 'corral backup job add', 'corral schedule list'],
})
