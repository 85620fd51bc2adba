// corral schedule run: what is due, as data; carrying it out takes the schedule's lock itself, because a second call must end at once and not fail.
import {handleChange} from '../../../tasks/index.ts'
import {readJobs} from '../../jobs/job-changes.ts'
import {taskOfJob} from '../../jobs/job-task.ts'
import {look} from '../due-jobs.ts'
import {readJobStates} from '../job-states.ts'
import {spec} from './run.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({'max-workers': maxWorkers}, context) => {
    const {due} = look(await readJobs(context.store), await readJobStates(context), context.node, context.clock.now())
    return {
      steps: [{do: {kind: 'schedule.run-due', maxWorkers: maxWorkers ?? spec.params['max-workers'].default, due: due.map((job) => ({id: job.id, ...taskOfJob(job)}))}}],
      whenInterrupted: 'undo', result: null,
    }
  },
})
