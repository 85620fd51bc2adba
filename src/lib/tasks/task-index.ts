// The list of tasks: those that run and those that ended. It is made of files that every worker can add to without waiting for another,
// and survives workers that die at any point: a task that is marked as active and whose process is gone has ended.
import {taskStatusOfLine} from '../base/index.ts'
import type {Upid} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import type {Context} from './context.ts'
import type {IndexEntry, LogPlace} from './task-files.ts'
import {activeFolder, activePath, endPath, indexLine, indexPath, logPath, maxIndexBytes, olderIndexPath, parseIndex, upidOrNothing} from './task-files.ts'

const tailBytes = 16 * 1024

export interface ListedTask {
  readonly upid: string
  readonly task: Upid
  /** Absent while it runs. */
  readonly endtime?: number
  readonly status?: string
}

/** Whether the process of a task still runs. */
export async function isRunning({pid, pstart}: Upid, host: Host): Promise<boolean> {
  const found = await host.process(pid)
  return found !== undefined && Number(found.startTime) === pstart
}

/** What the end of the log says; undefined when the log has no final line (yet). */
export async function statusInLog(upid: string, host: Host, places: LogPlace): Promise<string | undefined> {
  const path = logPath(places, upid)
  const stat = await host.files.stat(path)
  if (stat === undefined) return undefined
  const tail = await host.files.readAt(path, Math.max(0, stat.sizeBytes - tailBytes), tailBytes)
  return taskStatusOfLine(tail.toString('utf8').trimEnd().split('\n').at(-1) ?? '')
}

/** Moves a task from the active ones to the index of those that ended, and keeps the index within its bound. */
export async function archiveTask(upid: string, status: string, context: Pick<Context, 'host' | 'places' | 'clock' | 'store' | 'tasksChanged'>): Promise<void> {
  const {host, places, clock} = context
  await host.files.append(indexPath(places), indexLine(upid, Math.floor(clock.now() / 1000), status))
  await host.files.remove(activePath(places, upid))
  await context.tasksChanged?.()
  const index = await host.files.stat(indexPath(places))
  if (index !== undefined && index.sizeBytes > maxIndexBytes) await rotate(context)
}

/** The newer half stays; the older goes, with the logs of its tasks. One worker does it, the others leave it to that one. */
async function rotate({host, places, store}: Pick<Context, 'host' | 'places' | 'store'>): Promise<void> {
  const lock = await store.lock('tasks/index', {reason: 'clearing of old task logs', timeoutMs: 0}).catch(() => undefined)
  if (lock === undefined) return
  try {
    const index = await host.files.stat(indexPath(places))
    if (index === undefined || index.sizeBytes <= maxIndexBytes) return
    const old = await readIndex(olderIndexPath(places), host)
    await host.files.rename(indexPath(places), olderIndexPath(places))
    for (const {upid} of old) {
      await host.files.remove(logPath(places, upid))
      await host.files.remove(endPath(places, upid))
    }
  } finally {
    await lock.release()
  }
}

async function readIndex(path: string, host: Host): Promise<IndexEntry[]> {
  if (await host.files.stat(path) === undefined) return []
  // Somebody may append while the size is being looked at, so the bound is generous.
  return parseIndex((await host.files.readAt(path, 0, 4 * maxIndexBytes)).toString('utf8'))
}

/** Tasks that have not ended, newest first. */
export async function runningTasks({host, places}: Pick<Context, 'host' | 'places'>): Promise<ListedTask[]> {
  return newestFirst((await markedActive({host, places})).flatMap(({task, hasEnded}) => hasEnded ? [] : [task]))
}

/** Tasks that are marked as active though they have ended or their process is gone; with what their log says, else `unexpected status`. */
export async function deadTasks({host, places}: Pick<Context, 'host' | 'places'>): Promise<Required<ListedTask>[]> {
  const dead: Required<ListedTask>[] = []
  for (const {task: {upid, task}, hasEnded, status} of await markedActive({host, places})) {
    if (!hasEnded) continue
    const log = await host.files.stat(logPath(places, upid))
    const endtime = Math.floor((log?.mtimeMs ?? task.starttime * 1000) / 1000)
    dead.push({upid, task, endtime, status: status ?? 'unexpected status'})
  }
  return dead
}

interface Marked { readonly task: ListedTask; readonly hasEnded: boolean; readonly status: string | undefined }

async function markedActive({host, places}: Pick<Context, 'host' | 'places'>): Promise<Marked[]> {
  const tasks = (await host.files.list(activeFolder(places))).flatMap((upid) => {
    const task = upidOrNothing(upid)
    return task === undefined ? [] : [{upid, task}]
  })
  return Promise.all(tasks.map(async (task) => {
    const isAlive = await isRunning(task.task, host)
    // A worker that has written its last line is only tidying up.
    const status = await statusInLog(task.upid, host, places)
    return {task, hasEnded: status !== undefined || !isAlive, status}
  }))
}

/** Tasks that ended, newest first. */
export async function endedTasks(context: Pick<Context, 'host' | 'places'>): Promise<ListedTask[]> {
  const {host, places} = context
  const [older, newer, dead] = await Promise.all([
    readIndex(olderIndexPath(places), host), readIndex(indexPath(places), host), deadTasks(context),
  ])
  // A worker that died between its line in the index and the removal of its mark is in both.
  const byUpid = new Map<string, ListedTask>([...dead, ...older, ...newer].map((task) => [task.upid, task]))
  return newestFirst([...byUpid.values()])
}

/** The tasks that run, and the last of those that ended, newest first; reads little, for lists that are made often. */
export async function recentTasks(context: Pick<Context, 'host' | 'places'>): Promise<ListedTask[]> {
  const {host, places} = context
  const index = await host.files.stat(indexPath(places))
  const tail = index === undefined ? '' : (await host.files.readAt(indexPath(places), Math.max(0, index.sizeBytes - tailBytes), tailBytes)).toString('utf8')
  // The first line of a tail is cut, and no entry.
  return [...await runningTasks(context), ...newestFirst(parseIndex(tail))]
}

function newestFirst(tasks: ListedTask[]): ListedTask[] {
  return tasks.sort((a, b) => (b.endtime ?? b.task.starttime) - (a.endtime ?? a.task.starttime) || (a.upid < b.upid ? 1 : -1))
}
