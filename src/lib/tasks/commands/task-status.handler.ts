// Says whether a task runs and how it ended.
import {handleRead} from '../context.ts'
import {findTask} from '../follow-task.ts'
import {isRunning, statusInLog} from '../task-index.ts'
import {spec} from './task-status.spec.ts'

export const handler = handleRead(spec, async ({upid}, context) => {
  const task = await findTask(upid, context)
  const isAlive = await isRunning(task, context.host)
  // Looked at after the process, so that one that ends in between is not taken for dead without a word.
  const exitstatus = await statusInLog(upid, context.host, context.places)
  if (isAlive && exitstatus === undefined) return {upid, ...task, status: 'running'}
  return {upid, ...task, status: 'stopped', exitstatus: exitstatus ?? 'unexpected status'}
})
