// Lists the tasks of this host.
import {InvalidInputError} from '../../base/index.ts'
import {splitList} from '../../spec/index.ts'
import type {ParamsOf} from '../../spec/index.ts'
import {handleRead} from '../context.ts'
import {endedTasks, runningTasks} from '../task-index.ts'
import type {ListedTask} from '../task-index.ts'
import {spec} from './task-list.spec.ts'

type Filter = ParamsOf<typeof spec>

export const handler = handleRead(spec, async (params, context) => {
  const {source = 'archive', start = 0, limit = 50, since, until} = params
  if (since !== undefined && until !== undefined && since > until) {
    throw new InvalidInputError('--since is later than --until', {since: 'must not be later than --until'})
  }
  const tasks = [
    ...source === 'archive' ? [] : await runningTasks(context),
    ...source === 'active' ? [] : await endedTasks(context),
  ]
  const wanted = tasks.filter((task) => isWanted(task, params))
  return wanted.slice(start, limit === 0 ? undefined : start + limit).map(({upid, task, endtime, status}) => ({
    upid, ...task, ...(endtime === undefined ? {} : {endtime}), ...(status === undefined ? {} : {status}),
  }))
})

function isWanted({task, status}: ListedTask, {errors, since, until, statusfilter, typefilter, userfilter, vmid}: Filter): boolean {
  if (since !== undefined && task.starttime < since) return false
  if (until !== undefined && task.starttime > until) return false
  if (typefilter !== undefined && task.type !== typefilter) return false
  if (userfilter !== undefined && !task.user.toLowerCase().includes(userfilter.toLowerCase())) return false
  if (vmid !== undefined && task.id !== String(vmid)) return false
  const kind = status === undefined ? undefined : statusKind(status)
  if (errors === true && (kind === undefined || kind === 'ok' || kind === 'warning')) return false
  return statusfilter === undefined || (kind !== undefined && splitList(statusfilter).includes(kind))
}

/** The words of --statusfilter, as Proxmox VE sorts the ends of tasks. */
function statusKind(status: string): 'ok' | 'warning' | 'unknown' | 'error' {
  if (status === 'OK') return 'ok'
  if (/^WARNINGS: \d+$/.test(status)) return 'warning'
  return status === 'unexpected status' ? 'unknown' : 'error'
}
