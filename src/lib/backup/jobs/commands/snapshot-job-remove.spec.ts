import {defineCommand} from '../../../spec/index.ts'
import {snapshotJobParam} from '../job-params.ts'
import {changeOfJob} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral snapshot job remove',
  summary: 'Remove a snapshot job.',
  description: 'The snapshots that it took stay; from now on they are like those that were taken by hand.',
  params: {id: snapshotJobParam},
  args: ['id'],
  ...changeOfJob,
  examples: [{line: 'corral snapshot job remove web', meaning: 'Forget the job.'}],
  seeAlso: ['corral snapshot job add', 'corral snapshot job set', 'corral snapshot job list'],
})
