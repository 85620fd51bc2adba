import {defineCommand, std} from '../../../spec/index.ts'
import {changeParams, snapshotJobParam, snapshotJobParams} from '../job-params.ts'
import {changeOfJob} from './job-results.ts'

export const spec = defineCommand({
  id: 'corral snapshot job set',
  summary: 'Change a snapshot job.',
  description: 'Settings that are not named stay. A job whose schedule changes begins at the next time of the new one.',
  params: {id: snapshotJobParam, ...snapshotJobParams, schedule: {...snapshotJobParams.schedule, optional: true}, ...changeParams, digest: std.digest},
  args: ['id'],
  ...changeOfJob,
  examples: [
    {line: 'corral snapshot job set hourly --keep-daily 14', meaning: 'Keep those of a day longer.'},
    {line: 'corral snapshot job set hourly --enabled 0', meaning: 'Switch the job off; its snapshots stay.'},
  ],
  seeAlso: ['corral snapshot job add', 'corral snapshot job show', 'corral snapshot job remove', 'corral-schedule(7)'],
})
