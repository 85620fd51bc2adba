import {defineCommand, std} from '../../../spec/index.ts'
import {jobParam} from '../job-params.ts'
import {jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral backup job run',
  summary: 'Run a backup job now.',
  description: `\`vzdump\` runs with the settings of the job, now, whether the job is enabled or not. When it begins by itself does not change.`,
  params: {id: jobParam},
  args: ['id'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'vzdumpjob', id: 'id'},
  runsOn: 'node',
  needs: 'root',
  files: jobsFiles,
  examples: [
    {line: 'corral backup job run nightly', meaning: 'Do at once what the job does at its time.'},
    {line: 'corral backup job run nightly --dry-run', meaning: 'Show what would be done.'},
  ],
  seeAlso: ['corral backup job show', 'corral schedule run'],
})
