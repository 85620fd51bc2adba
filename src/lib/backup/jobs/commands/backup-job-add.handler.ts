// corral backup job add: a new section of jobs.cfg.
import {handleChange} from '../../../tasks/index.ts'
import {planAdd} from '../job-changes.ts'
import {jobsPath} from '../job-config.ts'
import {spec} from './backup-job-add.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [jobsPath],
  plan: async ({id, ...values}, context) => planAdd('vzdump', id, values, context),
})
