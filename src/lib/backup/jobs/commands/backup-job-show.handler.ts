// corral backup job show.
import {handleRead} from '../../../tasks/index.ts'
import {spec} from './backup-job-show.spec.ts'
import {showJob} from './job-views.ts'

export const handler = handleRead(spec, async ({id}, context) => showJob('vzdump', id, context))
