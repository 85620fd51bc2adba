import {defineCommand, std} from '../../../spec/index.ts'
import {snapshotJobParam} from '../job-params.ts'
import {jobsFiles} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral snapshot job run',
  summary: 'Run a snapshot job now.',
  description: `Takes a snapshot of each guest of the job and removes those of its snapshots that its rules give up, now, whether the job is enabled or not. When it begins by itself does not change.

Each snapshot is a task of its own. Of a guest whose snapshot could not be taken none is removed; a guest that fails holds up nobody, and the command fails in the end and names it. Templates are left out.`,
  params: {id: snapshotJobParam},
  args: ['id'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'snapshotjob', id: 'id'},
  runsOn: 'node',
  needs: 'root',
  files: jobsFiles,
  examples: [
    {line: 'corral snapshot job run hourly', meaning: 'Do at once what the job does at its time.'},
    {line: 'corral snapshot job run hourly --dry-run', meaning: 'Show what would be done.'},
  ],
  seeAlso: ['corral snapshot job show', 'corral schedule run'],
})
