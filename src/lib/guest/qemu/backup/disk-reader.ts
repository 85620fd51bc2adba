// Who reads the disks of a virtual machine for a backup: its own QEMU, which has a view of each, or a qemu-storage-daemon for one that does not run. And the private folder in
// which the sockets between it and us lie.
import {randomBytes} from 'node:crypto'
import {temporaryName} from '../../../host/index.ts'
import {monitorName, socketFolders} from '../../../storage/transfer/index.ts'
import {commandLine} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {onMonitor} from '../block-jobs/job-state.ts'
import type {PlainDrive} from './backup-nodes.ts'
import {plainCommand, shownCommand} from './backup-nodes.ts'
import type {Monitor} from './push-disks.ts'
import {storageDaemonArgv, withStorageDaemon} from './storage-daemon.ts'

export interface DiskReader {
  readonly vmid: number
  /** The machine does not run: how its drives are opened. Absent: its QEMU has a view of each. */
  readonly closed?: readonly PlainDrive[]
}

/** Pure: what it comes to, as a plan shows it. */
export function describeReader({closed}: Pick<DiskReader, 'closed'>): string[] {
  if (closed === undefined) return []
  return [`${commandLine(storageDaemonArgv(`DIR/${monitorName}`))} # DIR is private and new`, ...closed.map(plainCommand).map(shownCommand)]
}

/** @param work gets the folder, which is gone afterwards */
export async function withDiskReader<R>({vmid, closed}: DiskReader, context: Context, work: (monitor: Monitor, folder: string) => Promise<R>): Promise<R> {
  const {host} = context
  const own = await host.process(process.pid) ?? {pid: process.pid, startTime: '0'}
  const folder = `${socketFolders}/${temporaryName(own, randomBytes(16).toString('hex'))}`
  await host.files.makeDirectory(folder, 0o700)
  try {
    if (closed === undefined) return await work((use) => onMonitor(vmid, context, use), folder)
    return await withStorageDaemon(`${folder}/${monitorName}`, context, async (monitor) => {
      await monitor(async (client) => {
        for (const {execute, arguments: args} of closed.map(plainCommand)) await client.execute(execute, args)
      })
      return work(monitor, folder)
    })
  } finally {
    await host.files.removeTree(folder)
  }
}
