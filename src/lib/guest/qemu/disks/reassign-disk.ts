// Gives a disk to another virtual machine of this node: its volume gets a name of that machine, and its key moves from one configuration to the
// other. Nothing is copied.
import {ConflictError, InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {formatVolumeId, openVolume} from '../../../storage/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {formatBootOrder, readBootOrder} from '../boot-order.ts'
import {readDrive} from '../config/drives.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {formatDriveText, isUnusedKey} from '../drives/drive-text.ts'
import type {GuestFile} from '../guest-files.ts'
import {assertUnprotected, guestConfigPath} from '../guest-files.ts'
import {readKey, referencedVolumes, refersTo, writeKey} from '../pending.ts'
import {runtimeStatus} from '../runtime/status.ts'
import type {GuestDisk} from './guest-disk.ts'
import {assertNoTemplate, assertNothingWaits, isInSnapshot} from './guest-disk.ts'

export interface ReassignWish {
  readonly disk: GuestDisk
  /** The key in the other machine. */
  readonly targetKey: string
}

/** @throws ConflictError, InvalidInputError, UnsupportedError naming what is in the way */
export async function planReassign(from: GuestFile, to: GuestFile, {disk, targetKey}: ReassignWish, context: Context): Promise<Plan> {
  await checkSource(from, disk, context)
  await checkTarget(to, disk, targetKey, context)
  const {storage, id} = await openVolume(disk.volume, context)
  const name = storage.parseName(id.name)
  if (name.isBase || name.parent !== undefined) throw new UnsupportedError(`${disk.volume} ${name.isBase ? 'is a base' : 'stands on a base'}, and stays with its machine`, {nextSteps: ['Move it to a storage of its own first: qm disk move']})
  if (name.vmid !== from.vmid) throw new ConflictError(`${disk.volume} does not belong to virtual machine ${from.vmid}`)
  const taken = referencedVolumes(to.config).filter((volume) => volume.startsWith(`${id.storage}:`)).map((volume) => volume.slice(id.storage.length + 1))
  const renamed = await storage.nextName(to.vmid, storage.blockSource(id).format, taken)
  const volume = formatVolumeId(renamed)
  const rename: Step = {
    do: {kind: 'volume.rename', from: disk.volume, to: volume, commands: storage.commands({rename: {from: id, to: renamed}})},
    undo: {kind: 'volume.rename', from: volume, to: disk.volume, commands: storage.commands({rename: {from: renamed, to: id}})},
  }
  const edit = (guest: GuestFile, config: GuestConfig) => ({path: guestConfigPath(context.node, guest.vmid), was: guest.file, text: formatQemuConfig(config)})
  const commit = storeCommitStep([edit(from, withoutDisk(from.config, disk.key)), edit(to, writeKey(to.config, targetKey, textThere(disk, targetKey, volume)))])
  return {steps: [rename, commit], whenInterrupted: 'undo', result: null}
}

async function checkSource(from: GuestFile, disk: GuestDisk, context: Context): Promise<void> {
  assertNoTemplate(from, 'keeps its disks')
  assertNothingWaits(from, disk.key)
  assertUnprotected(from, `the disk ${disk.key} cannot be taken from it`)
  if (!isUnusedKey(disk.key) && await runtimeStatus(from.vmid, context) !== undefined) {
    throw new ConflictError(`virtual machine ${from.vmid} runs and uses ${disk.key}`, {nextSteps: [`Shut it down first: qm shutdown ${from.vmid}`], data: {vmid: from.vmid}})
  }
  if (isInSnapshot(from.config, disk.volume)) throw new ConflictError(`a snapshot of virtual machine ${from.vmid} needs ${disk.volume}`, {nextSteps: [`See the snapshots: qm listsnapshot ${from.vmid}`]})
  if (refersTo(writeKey(from.config, disk.key, undefined), disk.volume)) throw new ConflictError(`another drive of virtual machine ${from.vmid} has ${disk.volume} as well`)
}

async function checkTarget(to: GuestFile, disk: GuestDisk, targetKey: string, context: Context): Promise<void> {
  assertNoTemplate(to, 'takes no disks')
  const option = {'target-disk': 'is not free'}
  if (readKey(to.config, targetKey) !== undefined || to.config.pending[targetKey] !== undefined) {
    throw new InvalidInputError(`virtual machine ${to.vmid} has a disk ${targetKey} already`, option, {nextSteps: ['Name another one with --target-disk.']})
  }
  const kindOf = (key: string) => /^(?:efidisk|tpmstate)/.exec(key)?.[0]
  if (!isUnusedKey(disk.key) && !isUnusedKey(targetKey) && kindOf(disk.key) !== kindOf(targetKey)) {
    throw new InvalidInputError(`${disk.key} cannot become ${targetKey}`, {'target-disk': `must be ${kindOf(disk.key) === undefined ? 'a disk like it' : `${disk.key} or unusedN`}`})
  }
  if (!isUnusedKey(targetKey) && await runtimeStatus(to.vmid, context) !== undefined) {
    throw new ConflictError(`virtual machine ${to.vmid} runs, and a disk is not plugged in this way`, {
      nextSteps: ['Give it as an unused disk, and plug it in then: --target-disk unused0; qm set'], data: {vmid: to.vmid},
    })
  }
}

/** Properties that the other bus does not have are left behind, with all of them if they do not go together there. */
function textThere({drive}: GuestDisk, targetKey: string, volume: string): string {
  if (isUnusedKey(targetKey)) return volume
  const whole = formatDriveText({file: volume, options: drive.options})
  try {
    readDrive(targetKey, whole)
    return whole
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const {size} = drive.options
    return formatDriveText({file: volume, options: size === undefined ? {} : {size}})
  }
}

/** A disk that is gone is not booted from. */
function withoutDisk(config: GuestConfig, key: string): GuestConfig {
  const gone = writeKey(config, key, undefined)
  const order = readBootOrder(gone.current.values['boot']) ?? []
  if (!order.includes(key)) return gone
  const left = order.filter((device) => device !== key)
  return writeKey(gone, 'boot', left.length === 0 ? undefined : formatBootOrder(left))
}
