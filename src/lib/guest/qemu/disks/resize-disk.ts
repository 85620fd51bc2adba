// Makes a disk larger, of a guest that runs or not, and writes its new size down.
import {ConflictError, UnsupportedError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/index.ts'
import {openVolume, storageLock, parseVolumeId} from '../../../storage/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {wantedSize} from '../../wanted-size.ts'
import type {ResizeDrive} from '../block-jobs/actions/resize-drive.ts'
import {isGrownByQemu, resizeArguments} from '../block-jobs/actions/resize-drive.ts'
import {onMonitor} from '../block-jobs/job-state.ts'
import {backendName} from '../block-jobs/mirror.ts'
import {readRunningDrive} from '../block-jobs/nodes.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {formatDriveText} from '../drives/drive-text.ts'
import type {GuestFile} from '../guest-files.ts'
import {guestConfigPath} from '../guest-files.ts'
import {writeKey} from '../pending.ts'
import {runtimeStatus} from '../runtime/status.ts'
import type {GuestDisk} from './guest-disk.ts'
import {assertNoTemplate, assertNothingWaits, isInSnapshot} from './guest-disk.ts'

/** @throws InvalidInputError, ConflictError, UnsupportedError naming what is in the way */
export async function planResize(guest: GuestFile, disk: GuestDisk, size: string, context: Context): Promise<Plan> {
  const {vmid, config} = guest
  const {key, volume, drive} = disk
  if (key === 'efidisk0' || key === 'tpmstate0') throw new UnsupportedError(`the size of ${key} is what its firmware has, and cannot be changed`)
  assertNoTemplate(guest, 'its disks stay as they are')
  assertNothingWaits(guest, key)
  const {storage, id} = await openVolume(volume, context)
  const current = await storage.volume(id)
  const sizeBytes = wantedSize(size, current.sizeBytes)
  if (isInSnapshot(config, volume) && sizeBytes > current.sizeBytes) {
    throw new ConflictError(`${key} has snapshots, which are as large as it was; it cannot be made larger`, {nextSteps: [`See them: qm listsnapshot ${vmid}`], data: {vmid, key}})
  }
  const text = formatQemuConfig(writeKey(config, key, formatDriveText({...drive, options: {...drive.options, size: formatSize(sizeBytes)}})))
  const commit = text === guest.file.data ? [] : [storeCommitStep([{path: guestConfigPath(context.node, vmid), was: guest.file, text}])]
  if (sizeBytes === current.sizeBytes) {
    context.log.info(`${key} has ${formatSize(sizeBytes)} already`)
    return {steps: commit, whenInterrupted: 'finish', result: null}
  }
  const commands = storage.commands({resize: {id, sizeBytes}})
  const isRunning = await runtimeStatus(vmid, context) !== undefined
  const grow: ResizeDrive = {
    kind: 'qemu.resize-drive', vmid, key, volume, sizeBytes,
    commands: isRunning && isGrownByQemu(storage.blockSource(id).protocol.driver) ? [] : commands,
    ...(isRunning ? {qmp: await qmpOf(vmid, key, sizeBytes, context)} : {}),
  }
  return {steps: [{do: grow}, ...commit], whenInterrupted: 'finish', result: null}
}

async function qmpOf(vmid: number, key: string, sizeBytes: number, context: Context): Promise<Readonly<Record<string, unknown>>> {
  const running = readRunningDrive(await onMonitor(vmid, context, (client) => client.execute('query-block')), backendName(key))
  if (running === undefined) throw new ConflictError(`the running virtual machine ${vmid} has no disk ${key}`, {nextSteps: [`See what waits for its next start: qm pending ${vmid}`]})
  return resizeArguments(key, running.isBackend, sizeBytes)
}

/** The lock under which the volume grows. */
export function lockOfResize(disk: GuestDisk): string {
  return storageLock(parseVolumeId(disk.volume).storage)
}
