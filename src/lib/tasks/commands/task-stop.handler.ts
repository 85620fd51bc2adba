// Stops a task that runs.
import {ConflictError} from '../../base/index.ts'
import {handleChange} from '../context.ts'
import {findTask} from '../follow-task.ts'
import {isRunning, statusInLog} from '../task-index.ts'
import {spec} from './task-stop.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({upid, timeout = 60}, context) => {
    const task = await findTask(upid, context)
    const hasEnded = !await isRunning(task, context.host) || await statusInLog(upid, context.host, context.places) !== undefined
    if (hasEnded) throw new ConflictError('the task has ended already', {nextSteps: [`See how: pvenode task status ${upid}`]})
    return {whenInterrupted: 'undo', steps: [{do: {kind: 'task.stop', upid, pid: task.pid, limitMs: timeout * 1000}}]}
  },
})
