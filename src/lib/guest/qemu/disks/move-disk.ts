// Moves a disk to another storage or into another format: a new volume, filled from the old one, takes its place in the configuration. A guest
// that runs goes on while that happens (block-jobs/). The old volume is kept as an unused disk, or removed once nothing names it.
import {ConflictError, InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/index.ts'
import {copyVolumeSteps, likeVolumeStep, openVolume, parseVolumeId, storageLock} from '../../../storage/index.ts'
import type {CopyWish, Format, NewCopy} from '../../../storage/index.ts'
import {describePlan, storeCommitStep} from '../../../tasks/index.ts'
import type {Action, Context, Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import type {FreeVolume} from '../actions/free-volume.ts'
import type {SettleDiskMove} from '../block-jobs/actions/settle-disk-move.ts'
import {mirrorPlace, mirrorStep, nodeNameOf, planMirror} from '../block-jobs/index.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {formatDriveText} from '../drives/drive-text.ts'
import {ownedBy} from '../../volume-owner.ts'
import type {GuestFile} from '../guest-files.ts'
import {guestConfigPath} from '../guest-files.ts'
import {referencedVolumes, refersTo, registerUnused, writeKey} from '../pending.ts'
import {runtimeStatus} from '../runtime/status.ts'
import type {GuestDisk} from './guest-disk.ts'
import {assertNoTemplate, assertNothingWaits, isInSnapshot, isPluggedIn} from './guest-disk.ts'

export interface MoveWish {
  readonly disk: GuestDisk
  readonly storage: string
  readonly format?: Format
  /** Remove the old volume. */
  readonly deletes: boolean
  /** In KiB a second; 0 is no limit. */
  readonly bandwidthKib: number
}

/** @throws InvalidInputError, ConflictError, UnsupportedError, NotFoundError naming what is in the way */
export async function planMove(guest: GuestFile, wish: MoveWish, context: Context): Promise<Plan> {
  const {disk, deletes} = wish
  assertNoTemplate(guest, 'its disks stay where they are')
  assertNothingWaits(guest, disk.key)
  if (deletes && isInSnapshot(guest.config, disk.volume)) {
    throw new ConflictError(`${disk.key} cannot be removed after it was moved: a snapshot needs its volume`, {nextSteps: ['Leave out --delete: the volume stays for the snapshot.', `See the snapshots: qm listsnapshot ${guest.vmid}`]})
  }
  const isRunning = isPluggedIn(disk.key) && await runtimeStatus(guest.vmid, context) !== undefined
  if (isRunning && disk.key === 'tpmstate0') {
    throw new ConflictError('the state of a TPM cannot be moved while its machine runs', {nextSteps: [`Shut it down first: qm shutdown ${guest.vmid}`]})
  }
  const copy = await copyWish(guest, wish, context)
  return isRunning ? planOnline(guest, wish, copy, context) : planOffline(guest, wish, copy, context)
}

/** @throws InvalidInputError when nothing would change, UnsupportedError for a TPM in a format that it cannot use */
async function copyWish({vmid, config}: GuestFile, {disk, storage, format, bandwidthKib}: MoveWish, context: Context): Promise<CopyWish> {
  const isTpm = disk.key === 'tpmstate0'
  if (isTpm && format !== undefined && format !== 'raw') throw new UnsupportedError('swtpm keeps the state of a TPM in raw volumes only')
  const source = await openVolume(disk.volume, context)
  const current = source.storage.blockSource(source.id).format
  if (source.id.storage === storage && (format === undefined || format === current)) {
    throw new InvalidInputError(`${disk.key} is on storage '${storage}' in the format ${current} already`, {storage: 'is where the disk is', ...(format === undefined ? {} : {format: 'is what the disk has'})}, {
      nextSteps: ['Name another storage, or another --format.'],
    })
  }
  const wanted = isTpm ? 'raw' as const : format
  return {
    source: {volume: disk.volume}, storage, vmid, purpose: disk.key, taken: referencedVolumes(config), bandwidthKib, ...(wanted === undefined ? {} : {format: wanted}),
  }
}

async function planOffline(guest: GuestFile, wish: MoveWish, copy: CopyWish, context: Context): Promise<Plan> {
  const made = await copyVolumeSteps(copy, context)
  const commit = commitStep(guest, movedConfig(guest, wish, made), context)
  return {steps: [...releasing(made.steps, wish), commit], ...await freeing(guest, wish, context), whenInterrupted: 'undo', result: null}
}

async function planOnline(guest: GuestFile, wish: MoveWish, copy: CopyWish, context: Context): Promise<Plan> {
  const {vmid} = guest
  const {disk} = wish
  const made = await likeVolumeStep(copy, context)
  const mirror = await planMirror({vmid, key: disk.key, from: disk.text, to: movedText(disk, made), target: made}, context)
  const commit = commitStep(guest, movedConfig(guest, wish, made), context)
  const settle: SettleDiskMove = {
    kind: 'qemu.settle-disk-move', vmid, mirror: mirrorPlace(mirror), oldNodeName: nodeNameOf(disk.key, disk.text),
    commit: commit.do, revert: commit.undo as Action, changes: await describePlan({steps: [commit], whenInterrupted: 'undo'}, context),
  }
  const {afterwards = []} = await freeing(guest, wish, context)
  return {
    steps: [...releasing([made.step], wish), mirrorStep(vmid, [mirror], 'write-blocking', wish.bandwidthKib)],
    afterwards: [settle, {kind: 'guest.detach-volumes', volumes: [disk.volume]}, ...afterwards], whenInterrupted: 'undo', result: null,
  }
}

/** The locks of a move: of the storage where the volume is made, and of the one where the old one may be removed. */
export function locksOfMove({storage, disk, deletes}: Pick<MoveWish, 'storage' | 'disk' | 'deletes'>): readonly string[] {
  return [...new Set([storage, ...(deletes ? [parseVolumeId(disk.volume).storage] : [])])].map(storageLock)
}

/** The new volume has its name after the first step; hours of copying hold up nobody on the storages. */
function releasing(steps: readonly Step[], wish: MoveWish): Step[] {
  return steps.map((step, index) => (index === 0 ? {...step, thenRelease: locksOfMove(wish)} : step))
}

function movedText({drive}: GuestDisk, made: NewCopy): string {
  // The storage says the format of its volumes.
  const options = Object.fromEntries(Object.entries(drive.options).filter(([name]) => name !== 'format'))
  return formatDriveText({file: made.volume, options: {...options, size: formatSize(made.sizeBytes)}})
}

function movedConfig({vmid, config}: GuestFile, {disk, deletes}: MoveWish, made: NewCopy): GuestConfig {
  // An unused disk has no properties.
  const moved = writeKey(config, disk.key, isPluggedIn(disk.key) ? movedText(disk, made) : made.volume)
  return deletes ? moved : registerUnused(moved, disk.text, ownedBy(vmid))
}

function commitStep(guest: GuestFile, config: GuestConfig, context: Context): Step {
  return storeCommitStep([{path: guestConfigPath(context.node, guest.vmid), was: guest.file, text: formatQemuConfig(config)}])
}

/** The removal of the old volume, once nothing names it. @throws ConflictError when it is not the guest's or something stands on it */
async function freeing({vmid, config}: GuestFile, {disk, deletes}: MoveWish, context: Context): Promise<Pick<Plan, 'afterwards'>> {
  if (!deletes) return {}
  const {volume} = disk
  if (!ownedBy(vmid)(volume)) throw new ConflictError(`${volume} is not virtual machine ${vmid}'s to remove`, {nextSteps: ['Leave out --delete.']})
  if (refersTo(writeKey(config, disk.key, undefined), volume)) throw new ConflictError(`${volume} cannot be removed: another drive of virtual machine ${vmid} has it as well`, {nextSteps: ['Leave out --delete.']})
  const {storage, id} = await openVolume(volume, context)
  await storage.checkRemovable(id)
  const free: FreeVolume = {kind: 'guest.free-volume', vmid, volume, commands: storage.commands({remove: id})}
  return {afterwards: [free]}
}
