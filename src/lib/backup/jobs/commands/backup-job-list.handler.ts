// corral backup job list.
import {handleRead} from '../../../tasks/index.ts'
import {spec} from './backup-job-list.spec.ts'
import {listJobs} from './job-views.ts'

export const handler = handleRead(spec, async (_params, context) => listJobs('vzdump', context))
