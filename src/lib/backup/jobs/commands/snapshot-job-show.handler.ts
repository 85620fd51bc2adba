// corral snapshot job show.
import {handleRead} from '../../../tasks/index.ts'
import {spec} from './snapshot-job-show.spec.ts'
import {showJob} from './job-views.ts'

export const handler = handleRead(spec, async ({id}, context) => showJob('snapshot', id, context))
