// corral snapshot job set: changes a section of jobs.cfg.
import {handleChange} from '../../../tasks/index.ts'
import {planSet} from '../job-changes.ts'
import {jobsPath} from '../job-config.ts'
import {spec} from './snapshot-job-set.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [jobsPath],
  plan: async ({id, ...changes}, context) => planSet('snapshot', id, changes, context),
})
