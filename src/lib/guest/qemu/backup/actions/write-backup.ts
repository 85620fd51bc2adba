// Writes the VMA archive of a virtual machine: its configuration, and its disks as QEMU reads them, from the views of a running machine or by a
// qemu-storage-daemon. Its undo removes the archive; what a process that died left in QEMU goes with the filters.
import {archiveArgvs, vmaStream, writeArchive} from '../../../../storage/archive/index.ts'
import type {ArchiveTarget, VmaContents} from '../../../../storage/archive/index.ts'
import {socketName} from '../../../../storage/transfer/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {pushCommand, shownCommand, targetCommand} from '../backup-nodes.ts'
import {describeReader, withDiskReader} from '../disk-reader.ts'
import type {DiskReader} from '../disk-reader.ts'
import type {Monitor} from '../push-disks.ts'
import {diskSizes, pushDisks} from '../push-disks.ts'

export interface WriteBackup extends Action, DiskReader {
  readonly kind: 'qemu.write-backup'
  readonly target: ArchiveTarget
  /** Of the archive. */
  readonly uuid: string
  readonly configs: VmaContents['configs']
  readonly disks: readonly {readonly key: string; readonly name: string}[]
  readonly maxWorkers?: number
}

export const writeBackup = defineAction<WriteBackup>({
  kind: 'qemu.write-backup',
  describe: (action) => [
    ...describeReader(action),
    ...action.disks.flatMap(({key}) => [targetCommand({key, socket: `DIR/${socketName}`}), pushCommand({key, maxWorkers: action.maxWorkers})]).map(shownCommand),
    ...archiveArgvs(action.target).map((argv) => commandLine(argv)),
  ],
  run: async (action, context) => {
    const {log, clock} = context
    const startedMs = clock.monotonicMs()
    const {plainBytes, archiveBytes} = await withDiskReader(action, context, (monitor, folder) => writeFrom(monitor, folder, action, context))
    const seconds = Math.max(0.001, (clock.monotonicMs() - startedMs) / 1000)
    log.info(`wrote ${mebibytes(plainBytes)} (${mebibytes(archiveBytes)} in the archive) in ${seconds.toFixed(1)} s`)
  },
})

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
