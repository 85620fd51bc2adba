// The action that stops a task: SIGTERM, on which the worker undoes what it did; SIGKILL when it does not end within the limit, and then
// its unfinished operations are cleared up here, since nobody else might come by soon.
import {UnavailableError, parseUpid} from '../../base/index.ts'
import type {Context} from '../context.ts'
import {followTask} from '../follow-task.ts'
import {readJournals} from '../journal.ts'
import type {Action} from '../plan.ts'
import {defineAction} from '../plan.ts'
import {askToStop, killTask} from '../stop-task.ts'
import {recoverWithItsLocks} from '../with-locks.ts'

const recoveryLockMs = 5000

export interface TaskStop extends Action {
  readonly kind: 'task.stop'
  readonly upid: string
  readonly pid: number
  readonly limitMs: number
}

export const taskStop = defineAction<TaskStop>({
  kind: 'task.stop',
  describe: ({pid}) => [`kill -TERM ${pid}`],
  run: async ({upid, pid, limitMs}, context) => {
    const task = parseUpid(upid)
    if (!await askToStop(task, context)) return
    try {
      await followTask(upid, context, {line: () => undefined}, {timeoutMs: limitMs, signal: context.signal})
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      context.log.warn(`the task did not end within ${limitMs / 1000} s and is killed`)
      await killTask(task, context)
      await followTask(upid, context, {line: () => undefined}, {timeoutMs: limitMs})
      await recoverAll(pid, context)
    }
  },
})

async function recoverAll(pid: number, context: Context): Promise<void> {
  const left = (await readJournals(context.store)).filter(({head}) => head.node === context.node && head.pid === pid)
  for (const journal of left) await recoverWithItsLocks(journal, recoveryLockMs, context)
}
