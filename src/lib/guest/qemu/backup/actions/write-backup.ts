// Writes the VMA archive of a virtual machine: its configuration, and its disks as QEMU reads them, from the views of a running machine or by a
// qemu-storage-daemon. Its undo removes the archive; what a process that died left in QEMU goes with the filters.
import {randomBytes} from 'node:crypto'
import {temporaryName} from '../../../../host/index.ts'
import {archiveArgvs, vmaStream, writeArchive} from '../../../../storage/archive/index.ts'
import type {ArchiveTarget, VmaContents} from '../../../../storage/archive/index.ts'
import {monitorName, socketFolders, socketName} from '../../../../storage/transfer/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {onMonitor} from '../../block-jobs/job-state.ts'
import type {PlainDrive} from '../backup-nodes.ts'
import {plainCommand, pushCommand, shownCommand, targetCommand} from '../backup-nodes.ts'
import type {Monitor} from '../push-disks.ts'
import {diskSizes, pushDisks} from '../push-disks.ts'
import {storageDaemonArgv, withStorageDaemon} from '../storage-daemon.ts'

export interface WriteBackup extends Action {
  readonly kind: 'qemu.write-backup'
  readonly vmid: number
  readonly target: ArchiveTarget
  /** Of the archive. */
  readonly uuid: string
  readonly configs: VmaContents['configs']
  readonly disks: readonly {readonly key: string; readonly name: string}[]
  /** The machine does not run: how its drives are opened. Absent: its QEMU has a view of each. */
  readonly closed?: readonly PlainDrive[]
  readonly maxWorkers?: number
}

export const writeBackup = defineAction<WriteBackup>({
  kind: 'qemu.write-backup',
  describe: ({target, disks, closed, maxWorkers}) => [
    ...(closed === undefined ? [] : [`${commandLine(storageDaemonArgv(`DIR/${monitorName}`))} # DIR is private and new`]),
    ...(closed ?? []).map(plainCommand).map(shownCommand),
    ...disks.flatMap(({key}) => [targetCommand({key, socket: `DIR/${socketName}`}), pushCommand({key, maxWorkers})]).map(shownCommand),
    ...archiveArgvs(target).map((argv) => commandLine(argv)),
  ],
  run: async (action, context) => {
    const {host, log, clock} = context
    const own = await host.process(process.pid) ?? {pid: process.pid, startTime: '0'}
    const folder = `${socketFolders}/${temporaryName(own, randomBytes(16).toString('hex'))}`
    await host.files.makeDirectory(folder, 0o700)
    const startedMs = clock.monotonicMs()
    try {
      const {plainBytes, archiveBytes} = await onSource(action, folder, context, (monitor) => writeFrom(monitor, folder, action, context))
      const seconds = Math.max(0.001, (clock.monotonicMs() - startedMs) / 1000)
      log.info(`wrote ${mebibytes(plainBytes)} (${mebibytes(archiveBytes)} in the archive) in ${seconds.toFixed(1)} s`)
    } finally {
      await host.files.removeTree(folder)
    }
  },
})

function onSource<R>({vmid, closed}: WriteBackup, folder: string, context: Context, work: (monitor: Monitor) => Promise<R>): Promise<R> {
  if (closed === undefined) return work((use) => onMonitor(vmid, context, use))
  return withStorageDaemon(`${folder}/${monitorName}`, context, async (monitor) => {
    await monitor(async (client) => {
      for (const {execute, arguments: args} of closed.map(plainCommand)) await client.execute(execute, args)
    })
    return work(monitor)
  })
}

async function writeFrom(monitor: Monitor, folder: string, {target, uuid, configs, disks, maxWorkers}: WriteBackup, context: Context): ReturnType<typeof writeArchive> {
  const keys = disks.map(({key}) => key)
  const sizes = await diskSizes({monitor, keys})
  const contents = {uuid, createdAtMs: context.clock.now(), configs, disks: disks.map(({key, name}) => ({name, sizeBytes: sizes.get(key) ?? 0}))}
  const totalBytes = contents.disks.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
  let doneBytes = 0
  const source = vmaStream(contents, (sinks, signal) => pushDisks({monitor, socket: `${folder}/${socketName}`, keys, maxWorkers}, sinks, {...context, signal: AbortSignal.any([context.signal, signal])}), (bytes) => {
    doneBytes += bytes
    context.log.progress(doneBytes, totalBytes, 'backup', 'bytes')
  })
  return writeArchive(target, source, context)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
