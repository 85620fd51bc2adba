// Tasks that work on a guest right now.
import {parseUpid} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'

const endTimeoutMs = 10_000

/** Asks the running tasks of a type on this guest to stop, and waits until they have, up to ten seconds. */
export async function endGuestTasks(type: string, vmid: number, context: Context): Promise<void> {
  const {runningTasks} = await import('../../../tasks/task-index.ts')
  const {askToStop} = await import('../../../tasks/stop-task.ts')
  const {waitForEnd} = await import('./status.ts')
  for (const {upid} of await runningTasks(context)) {
    const task = parseUpid(upid)
    if (task.type !== type || task.id !== String(vmid)) continue
    context.log.info(`asking ${upid} to stop`)
    if (await askToStop(task, context)) await waitForEnd({pid: task.pid, startTime: String(task.pstart)}, endTimeoutMs, context)
  }
}
