// corral schedule list: the jobs of this host with their times. Warns where nobody looks at the schedule.
import {handleRead} from '../../../tasks/index.ts'
import {readJobs} from '../../jobs/job-changes.ts'
import {nextRun} from '../../jobs/commands/job-views.ts'
import {lateMs, nextTimeOf} from '../due-jobs.ts'
import {readJobStates, scheduleLock} from '../job-states.ts'
import {spec} from './list.spec.ts'

export const handler = handleRead(spec, async (_params, context) => {
  const {clock, log, node, store} = context
  const nowMs = clock.now()
  const {jobs: states, lookedMs} = await readJobStates(context)
  const jobs = (await readJobs(store)).filter((job) => job.node === undefined || job.node === node)
  const rows = jobs.map((job) => {
    const state = states[job.id]
    const upid = state?.run?.upid ?? state?.last?.upid
    return {
      id: job.id, type: job.type, schedule: job.schedule, ...nextRun(nextTimeOf(job, state, nowMs)),
      ...(state?.last === undefined ? {} : {'last-run': Math.floor(state.last.endedMs / 1000)}),
      ...(state?.run === undefined ? state?.last === undefined ? {} : {status: state.last.status} : {status: 'running'}),
      ...(upid === undefined ? {} : {upid}),
    }
  })
  const holder = await store.lockHolder(scheduleLock(node))
  if (rows.length > 0 && holder === undefined && nowMs - lookedMs > lateMs) log.warn('nobody looks at the schedule of this host: corral schedule install')
  return rows.sort((a, b) => (a['next-run'] ?? Infinity) - (b['next-run'] ?? Infinity) || (a.id < b.id ? -1 : 1))
})
