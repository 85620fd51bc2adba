// Saves a virtual machine in the repository of a storage: its configuration, and its disks as QEMU reads them (disk-reader.ts). Of drives whose changes were noted down since
// a backup that is there, only those are read; everything else stays as it is in that backup. The last thing written is the snapshot; before it there is no backup.
import {AppError} from '../../../../base/index.ts'
import {openStorage} from '../../../../storage/index.ts'
import {SpeedLimit, socketName} from '../../../../storage/transfer/index.ts'
import type {VmaDiskSink} from '../../../../storage/archive/index.ts'
import type {Repository, StorageRepository} from '../../../../storage/repository/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import type {RepositoryTarget} from '../../../backup/backup-type.ts'
import {pushCommand, shownCommand, targetCommand} from '../backup-nodes.ts'
import {changedBitmap} from '../dirty-bitmaps.ts'
import type {DiskReader} from '../disk-reader.ts'
import {describeReader, withDiskReader} from '../disk-reader.ts'
import {diskSizes, pushDisks} from '../push-disks.ts'

export interface SaveBackup extends Action, DiskReader {
  readonly kind: 'qemu.save-backup'
  readonly target: RepositoryTarget
  readonly config: string
  readonly firewall?: string
  readonly disks: readonly {readonly key: string; readonly name: string}[]
  /** The backup since which changes of these drives were noted down. */
  readonly since?: {readonly takenAtMs: number; readonly keys: readonly string[]}
  readonly maxWorkers?: number
}

export const saveBackup = defineAction<SaveBackup>({
  kind: 'qemu.save-backup',
  describe: (action) => [
    ...describeReader(action),
    ...action.disks.flatMap(({key}) => [
      targetCommand({key, socket: `DIR/${socketName}`}),
      pushCommand({key, maxWorkers: action.maxWorkers, bitmap: action.since?.keys.includes(key) === true ? changedBitmap : undefined}),
    ]).map(shownCommand),
    `# save it in the repository of storage '${action.target.storage}'`,
  ],
  run: async (action, context) => {
    const {log, clock} = context
    const startedMs = clock.monotonicMs()
    const repository = await repositoryOn(action.target.storage, context)
    const {readBytes, newBytes} = await repository.use((open) => saveTo(open, action, context))
    const seconds = Math.max(0.001, (clock.monotonicMs() - startedMs) / 1000)
    log.info(`read ${mebibytes(readBytes)}, of which ${mebibytes(newBytes)} are new in the repository, in ${seconds.toFixed(1)} s`)
  },
})

async function repositoryOn(name: string, context: Context): Promise<StorageRepository> {
  const {repository} = await openStorage(name, context)
  if (repository === undefined) throw new AppError('internal', `storage '${name}' has no repository`)
  return repository
}

async function saveTo(repository: Repository, action: SaveBackup, context: Context): Promise<{readonly readBytes: number; readonly newBytes: number}> {
  const {guestTags, machineIn, guestPath, parentBlobs, saveMachine} = await import('../../../../storage/repository/index.ts')
  const {vmid, target, disks, since, maxWorkers, config, firewall} = action
  await repository.readIndex()
  const parent = since === undefined ? undefined : await machineIn(repository, {guestType: 'qemu', vmid, takenAtMs: since.takenAtMs})
  if (since !== undefined && parent === undefined) context.log.info('the backup before is gone meanwhile: all is read')
  return withDiskReader(action, context, async (monitor, folder) => {
    const keys = disks.map(({key}) => key)
    const sizes = await diskSizes({monitor, keys})
    const wanted = disks.map(({key, name}) => {
      const sizeBytes = sizes.get(key) ?? 0
      const blobs = parent === undefined || since?.keys.includes(key) !== true ? undefined : parentBlobs(repository, parent.machine, name, sizeBytes)
      return {key, name, sizeBytes, ...(blobs === undefined ? {} : {parent: blobs})}
    })
    const totalBytes = wanted.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
    const limit = new SpeedLimit(target.bandwidthKib, context)
    let doneBytes = 0
    const bitmaps = new Map(wanted.flatMap(({key, parent: blobs}) => (blobs === undefined ? [] : [[key, changedBitmap] as const])))
    const record = {
      takenAtMs: target.takenAtMs, ...(parent === undefined ? {} : {parent: parent.id}), hostname: context.node, username: 'root',
      paths: [guestPath({guestType: 'qemu', vmid})], tags: guestTags({sizeBytes: totalBytes, isProtected: target.isProtected, ...(target.notes === undefined ? {} : {notes: target.notes})}),
    }
    return saveMachine(repository, {config, firewall, disks: wanted}, record, (sinks) => pushDisks({monitor, socket: `${folder}/${socketName}`, keys, maxWorkers, bitmaps}, sinks.map((sink) => slowed(sink, limit)), context), (bytes) => {
      doneBytes += bytes
      context.log.progress(doneBytes, totalBytes, 'backup', 'bytes')
    })
  })
}

/** Zeros are told, not read. */
function slowed(sink: VmaDiskSink, limit: SpeedLimit): VmaDiskSink {
  return {
    sizeBytes: sink.sizeBytes, writeZeros: (offset, lengthBytes) => sink.writeZeros(offset, lengthBytes),
    write: async (offset, bytes) => {
      await sink.write(offset, bytes)
      await limit.after(bytes.length)
    },
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
