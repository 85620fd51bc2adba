import {defineCommand} from '../../../spec/index.ts'
import {jobRows, jobTable, jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral snapshot job list',
  summary: 'List the snapshot jobs.',
  description: 'With `--output-format json` all settings of each job are there. `corral schedule list` shows how jobs ended.',
  params: {},
  args: [],
  returns: jobRows,
  output: jobTable,
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  files: jobsFiles,
  examples: [{line: 'corral snapshot job list', meaning: 'Which jobs there are, and when they begin next.'}],
  seeAlso: ['corral snapshot job show', 'corral snapshot job add', 'corral schedule list'],
})
