// How jobs are shown.
import type {Context} from '../../../tasks/index.ts'
import {nextTimeOf} from '../../schedule/due-jobs.ts'
import {readJobStates} from '../../schedule/job-states.ts'
import {storedJob, readJobs} from '../job-changes.ts'
import type {Job, JobType} from '../job-config.ts'
import {problemText, readJobsFile} from '../job-config.ts'

/** A row for each job of a type, sorted by name. Sections that cannot be read are warned of. */
export async function listJobs(type: JobType, context: Context) {
  const {problems} = await readJobsFile(context.store)
  for (const problem of problems) context.log.warn(problemText(problem))
  const states = await readJobStates(context)
  const jobs = (await readJobs(context.store, type)).sort((a, b) => (a.id < b.id ? -1 : 1))
  return jobs.map((job) => ({
    ...job.values, id: job.id, type, enabled: job.isEnabled, schedule: job.schedule, guests: guestsInWords(job),
    ...nextRun(nextTimeOf(job, states.jobs[job.id], context.clock.now())),
  }))
}

/** One job with all of its settings. @throws NotFoundError */
export async function showJob(type: JobType, id: string, context: Context) {
  const job = await storedJob(type, id, context.store)
  const states = await readJobStates(context)
  const digest = (await readJobsFile(context.store)).file?.digest
  return {...job.values, id, type, schedule: job.schedule, ...nextRun(nextTimeOf(job, states.jobs[id], context.clock.now())), ...(digest === undefined ? {} : {digest})}
}

export function nextRun(ms: number | undefined): {'next-run'?: number} {
  return ms === undefined ? {} : {'next-run': Math.floor(ms / 1000)}
}

export function guestsInWords({values: {vmid, pool, exclude}}: Job): string {
  if (typeof vmid === 'string') return vmid
  if (typeof pool === 'string') return `pool ${pool}`
  return typeof exclude === 'string' ? `all but ${exclude}` : 'all'
}
