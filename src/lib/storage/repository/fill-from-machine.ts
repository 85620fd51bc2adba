// The action that fills new volumes with the disks of a backup in a repository. The volumes were made by steps before, whose undo removes them, so this has no undo of
// its own. Done again it does the same again.
import {AppError, ConflictError, InvalidInputError} from '../../base/index.ts'
import {formatSize} from '../../spec/size.ts'
import type {Action, Context} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import type {DiskSource} from '../archive/disk-source.ts'
import {openVolume} from '../open-storage.ts'
import {withDiskBytes} from '../transfer/disk-bytes.ts'
import {maxRequestBytes} from '../transfer/nbd-client.ts'
import {SpeedLimit} from '../transfer/speed-limit.ts'
import {withKeptMachine} from './find-machine.ts'

export interface RepositoryFill extends Action {
  readonly kind: 'volume.fill-from-repository'
  /** The volume id of the backup. */
  readonly backup: string
  readonly disks: readonly KeptDiskToFill[]
  /** In KiB a second; no limit when absent. */
  readonly bandwidthKib?: number
}

export interface KeptDiskToFill {
  /** In the backup: `drive-scsi0`. */
  readonly name: string
  readonly sizeBytes: number
  /** An empty one, as large or larger. */
  readonly volume: string
}

export const fillFromRepository = defineAction<RepositoryFill>({
  kind: 'volume.fill-from-repository',
  describe: ({backup, disks}) => disks.map(({name, volume, sizeBytes}) => `# fill ${volume} (${formatSize(sizeBytes)}) with ${name} of ${backup}`),
  run: async ({backup, disks, bandwidthKib}, context) => {
    const totalBytes = disks.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
    const limit = new SpeedLimit(bandwidthKib, context)
    let doneBytes = 0
    try {
      await withKeptMachine(backup, context, async (machine) => {
        for (const disk of disks) {
          const source = machine.disks.find(({name}) => name === disk.name)
          if (source?.sizeBytes !== disk.sizeBytes) throw new ConflictError(`the backup ${backup} has been changed meanwhile`, {nextSteps: ['Begin again.']})
          await fillVolume(disk, source, context, async (readBytes, bytes) => {
            doneBytes += bytes
            context.log.progress(doneBytes, totalBytes, 'restore', 'bytes')
            await limit.after(readBytes)
          })
        }
      })
    } catch (error) {
      throw error instanceof InvalidInputError ? new InvalidInputError(`the backup ${backup} is damaged`, {archive: 'is damaged'}, {cause: error}) : error
    }
    context.log.info(`restored ${disks.map(({volume}) => `'${volume}'`).join(', ')} (${formatSize(totalBytes)})`)
  },
})

/** @param onPiece told of what was read, and of how far the disk came with it */
async function fillVolume({volume, sizeBytes}: KeptDiskToFill, source: DiskSource, context: Context, onPiece: (readBytes: number, bytes: number) => Promise<void>): Promise<void> {
  const {storage, id} = await openVolume(volume, context)
  const {readsZerosWhenNew} = storage.traits
  await storage.attach(id)
  try {
    await withDiskBytes(context, {image: storage.imageName(id), isReadOnly: false}, async (bytes) => {
      if (bytes.sizeBytes < sizeBytes) throw new AppError('internal', `${volume} has ${bytes.sizeBytes} bytes and should have ${sizeBytes}`)
      for (let offset = 0; offset < sizeBytes; offset += maxRequestBytes) {
        const count = Math.min(maxRequestBytes, sizeBytes - offset)
        if (!source.isHole(offset, count)) await bytes.write(offset, await source.read(offset, count))
        else if (!readsZerosWhenNew) await bytes.writeZeros(offset, count)
        await onPiece(source.isHole(offset, count) ? 0 : count, count)
      }
      // A volume can be larger than asked for; what lay there before is not for the guest.
      for (let offset = sizeBytes; !readsZerosWhenNew && offset < bytes.sizeBytes; offset += maxRequestBytes) await bytes.writeZeros(offset, Math.min(maxRequestBytes, bytes.sizeBytes - offset))
      await bytes.flush()
    })
  } finally {
    await storage.detach(id)
  }
}
