// corral snapshot job list.
import {handleRead} from '../../../tasks/index.ts'
import {spec} from './snapshot-job-list.spec.ts'
import {listJobs} from './job-views.ts'

export const handler = handleRead(spec, async (_params, context) => listJobs('snapshot', context))
