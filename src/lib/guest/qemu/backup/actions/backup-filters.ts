// Puts filters on the drives of a running machine, which keep what is on them as it is at this moment (backup-nodes.ts), and takes them off again: also
// those of a process that died, with the jobs that read through them.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {isOver, onMonitor, ownJobs, waitForJobs} from '../../block-jobs/job-state.ts'
import {readNodeNames} from '../../block-jobs/nodes.ts'
import {dismissJobs} from '../../block-jobs/actions/cancel-mirrors.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import type {FilteredDrive, PlainDrive} from '../backup-nodes.ts'
import {backupJob, deleted, filterNode, fleecingNode, insertCommands, plainCommand, readDrivePosition, readFilterRoots, removeCommands, shownCommand, targetNode, viewNode} from '../backup-nodes.ts'

export interface InsertBackupFilters extends Action {
  readonly kind: 'qemu.insert-backup-filters'
  readonly vmid: number
  readonly drives: readonly FilteredDrive[]
  readonly plain: readonly PlainDrive[]
}

export interface RemoveBackupFilters extends Action {
  readonly kind: 'qemu.remove-backup-filters'
  readonly vmid: number
  readonly drives: readonly Pick<FilteredDrive, 'key' | 'device' | 'root'>[]
  /** Keys of drives without a filter. */
  readonly plain: readonly string[]
}

const cancelLimitMs = 5 * 60_000

export const insertBackupFilters = defineAction<InsertBackupFilters>({
  kind: 'qemu.insert-backup-filters',
  describe: ({drives, plain}) => [...drives.flatMap(insertCommands), ...plain.map(plainCommand)].map(shownCommand),
  run: async ({vmid, drives, plain}, context) => {
    await onMonitor(vmid, context, async (client) => {
      const blocks = await client.execute('query-block')
      // One that was started again has its drives on other nodes than when this was planned.
      const placed = drives.map((drive) => ({...drive, ...readDrivePosition(blocks, drive.key)}))
      for (const {execute, arguments: args} of [...placed.flatMap(insertCommands), ...plain.map(plainCommand)]) await client.execute(execute, args)
    })
  },
})

export const removeBackupFilters = defineAction<RemoveBackupFilters>({
  kind: 'qemu.remove-backup-filters',
  describe: ({drives, plain}) => [
    ...drives.flatMap((drive) => removeCommands(drive, new Set([viewNode, filterNode, fleecingNode].map((name) => name(drive.key))))),
    ...deleted(plain.map(viewNode), new Set(plain.map(viewNode))),
  ].map(shownCommand),
  run: async ({vmid, drives, plain}, context) => {
    if (await runtimeStatus(vmid, context) === undefined) return
    const keys = [...drives.map(({key}) => key), ...plain]
    const ids = keys.map(backupJob)
    const jobs = await ownJobs(vmid, ids, context)
    if (jobs.length > 0) {
      await onMonitor(vmid, context, async (client) => {
        for (const job of jobs) if (!isOver(job)) await client.execute('block-job-cancel', {device: job.id, force: true})
      })
      await waitForJobs(vmid, ids, (now) => now.every(isOver), cancelLimitMs, context)
      await dismissJobs(vmid, ids, context)
    }
    await onMonitor(vmid, context, async (client) => {
      const present = new Set(readNodeNames(await client.execute('query-named-block-nodes', {flat: true})))
      const roots = readFilterRoots(await client.execute('x-debug-query-block-graph'))
      const commands = [...drives.flatMap((drive) => removeCommands({...drive, root: roots.get(drive.key) ?? drive.root}, present)), ...plain.flatMap((key) => deleted([targetNode(key), viewNode(key)], present))]
      for (const {execute, arguments: args} of commands) await client.execute(execute, args)
    })
  },
})
