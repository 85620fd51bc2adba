// corral backup job run: the command that the job is, now.
import {handleChange} from '../../../tasks/index.ts'
import {storedJob} from '../job-changes.ts'
import {taskOfJob} from '../job-task.ts'
import {spec} from './backup-job-run.spec.ts'

export const handler = handleChange(spec, {
  // The command takes the locks that it needs.
  locks: () => [],
  plan: async ({id}, context) => ({
    steps: [{do: {kind: 'jobs.run-task', ...taskOfJob(await storedJob('vzdump', id, context.store))}}], whenInterrupted: 'undo', result: null,
  }),
})
