// Gives the log of a task.
import {InvalidInputError, printable} from '../../base/index.ts'
import {handleRead} from '../context.ts'
import {findTask} from '../follow-task.ts'
import {logPath} from '../task-files.ts'
import {spec} from './task-log.spec.ts'

/** More than a worker writes (task-log.ts). */
const maxLogBytes = 32 * 1024 * 1024

export const handler = handleRead(spec, async ({upid, start = 0, download}, context) => {
  if (download === true && start > 0) {
    throw new InvalidInputError('--download gives the whole log and cannot be combined with --start', {start: 'cannot be combined with --download'})
  }
  await findTask(upid, context)
  const text = await context.host.files.readText(logPath(context.places, upid), maxLogBytes)
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.slice(start).map(printable)
})
