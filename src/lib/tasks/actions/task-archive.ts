// The action that puts a task whose worker died into the list of those that ended.
import {archiveTask} from '../task-index.ts'
import type {Action} from '../plan.ts'
import {defineAction} from '../plan.ts'

export interface TaskArchive extends Action {
  readonly kind: 'task.archive'
  readonly upid: string
  readonly status: string
}

export const taskArchive = defineAction<TaskArchive>({
  kind: 'task.archive',
  describe: ({upid, status}) => [`list ${upid} as ended: ${status}`],
  run: ({upid, status}, context) => archiveTask(upid, status, context),
})
