// Asks a task to stop. The worker undoes what it did and then ends; one that does not within the limit is killed, and what it left is
// cleared up by whoever takes its locks next, or by the doctor.
import {parseUpid} from '../base/index.ts'
import type {Upid} from '../base/index.ts'
import type {Context} from './context.ts'
import {followTask} from './follow-task.ts'
import type {FollowOptions, TaskObserver} from './follow-task.ts'
import type {TaskEnd} from './task-files.ts'

type Place = Pick<Context, 'host' | 'places' | 'clock' | 'node' | 'log'>

/** Sends SIGTERM to the worker; false when it runs no more. */
export async function askToStop({pid, pstart}: Upid, {host}: Pick<Context, 'host'>): Promise<boolean> {
  return host.kill({pid, startTime: String(pstart)}, 'SIGTERM')
}

/** Kills the worker. */
export async function killTask({pid, pstart}: Upid, {host}: Pick<Context, 'host'>): Promise<boolean> {
  return host.kill({pid, startTime: String(pstart)}, 'SIGKILL')
}

/**
 * Waits for a task for its caller: shows its log, and passes the caller's wish to stop on to it, once.
 * @param interrupted fires when the caller wants the task to stop; whoever fires it ends this process if the caller insists
 * @throws StillRunningError after `timeoutMs`, if that is given
 */
export async function attendTask(upid: string, context: Place, observer: TaskObserver, interrupted: AbortSignal, {timeoutMs}: Pick<FollowOptions, 'timeoutMs'> = {}): Promise<TaskEnd> {
  const onInterrupt = () => {
    context.log.notice?.(`Asked the task to stop. Press Ctrl-C again to leave it alone; come back to it with: corral task wait ${upid}`)
    askToStop(parseUpid(upid), context).catch((error: unknown) => context.log.warn(`the task could not be asked to stop: ${String(error)}`))
  }
  if (interrupted.aborted) onInterrupt()
  else interrupted.addEventListener('abort', onInterrupt, {once: true})
  try {
    return await followTask(upid, context, observer, timeoutMs === undefined ? {} : {timeoutMs})
  } finally {
    interrupted.removeEventListener('abort', onInterrupt)
  }
}
