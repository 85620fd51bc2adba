// corral snapshot job remove: takes a section out of jobs.cfg.
import {handleChange} from '../../../tasks/index.ts'
import {planRemove} from '../job-changes.ts'
import {jobsPath} from '../job-config.ts'
import {spec} from './snapshot-job-remove.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [jobsPath],
  plan: async ({id}, context) => planRemove('snapshot', id, context),
})
