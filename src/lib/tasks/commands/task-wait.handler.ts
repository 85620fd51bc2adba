// Follows a task until it ends.
import {handleRead} from '../context.ts'
import {followTask, taskError} from '../follow-task.ts'
import {passProgress, type Progress} from '../task-log.ts'
import {spec} from './task-wait.spec.ts'

export const handler = handleRead(spec, async ({upid, timeout}, context) => {
  const {log, signal} = context
  const observer = {
    line: (text: string) => (log.notice ?? log.warn).call(log, text),
    progress: (progress: Progress) => passProgress(progress, log),
  }
  const end = await followTask(upid, context, observer, {signal, ...(timeout === undefined ? {} : {timeoutMs: timeout * 1000})})
  const error = taskError(upid, end)
  if (error !== undefined) throw error
  return end.status
})
