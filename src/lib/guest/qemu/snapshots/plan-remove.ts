// The plan that removes a snapshot. Pure. What is removed cannot be brought back, so a plan that is interrupted is finished; one that fails
// leaves a section that says so (`snapstate: delete`), and the same command goes on with it.
import {parseVolumeId} from '../../../storage/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Plan, Step} from '../../../tasks/index.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {isDriveKey} from '../config/drives.ts'
import {parseDriveText} from '../drives/drive-text.ts'
import {ownedBy} from '../../volume-owner.ts'
import {assertNotLocked, hasLock} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {assertNotOpenInChain} from './disks.ts'
import type {SnapshotDisk} from './disks.ts'
import {assertNoTemplate, existingSnapshot, withLeavingSnapshot, withoutSnapshot} from './sections.ts'

export interface RemoveInput {
  readonly guest: GuestFile
  readonly path: string
  readonly name: string
  readonly force: boolean
  /** Those of the snapshot's disks that can be reached. */
  readonly disks: readonly SnapshotDisk[]
  readonly isRunning: boolean
  /** What removes the state of the running machine, where the snapshot has one. */
  readonly stateSteps: readonly Step[]
}

/** A removal that failed half-way is gone on with under its own lock. @throws AppError */
export function checkRemovable(guest: GuestFile, name: string): void {
  const {snapstate} = existingSnapshot(guest.config, guest.vmid, name).values
  if (!(hasLock(guest, 'snapshot-delete') && snapstate === 'delete')) assertNotLocked(guest)
  assertNoTemplate(guest.config, guest.vmid)
}

/** @throws AppError as checkRemovable */
export function planRemove({guest, path, name, force, disks, isRunning, stateSteps}: RemoveInput): Plan {
  const {vmid, config, file} = guest
  checkRemovable(guest, name)
  assertNotOpenInChain(vmid, disks, isRunning)
  const leaving = withLeavingSnapshot(config, vmid, name)
  const [leavingText, goneText] = [formatQemuConfig(leaving), formatQemuConfig(withoutSnapshot(leaving, vmid, name, ownedBy(vmid)))]
  const storages = [...new Set(disks.map(({volume}) => parseVolumeId(volume).storage))].sort()
  return {
    steps: [
      ...(storages.length === 0 || force ? [] : [{do: {kind: 'guest.make-storages-ready', storages}}]),
      storeCommitStep([{path, was: file, text: leavingText, beyond: goneText}]),
      ...stateSteps,
      ...disks.map(({volume, isInImage, commands}) => {
        const key = isRunning && isInImage ? openDrive(guest, volume) : undefined
        return {do: {kind: 'guest.drop-snapshot', vmid, name, volume, ...(key === undefined ? {} : {key}), ...(force ? {force} : {}), commands}}
      }),
      storeCommitStep([{path, was: {data: leavingText}, text: goneText}]),
    ],
    whenInterrupted: 'finish',
  }
}

/** The drive by which the running guest has the volume, which may have been another one at the time of the snapshot. */
function openDrive({config}: GuestFile, volume: string): string | undefined {
  return Object.entries(config.current.values).find(([key, text]) => isDriveKey(key) && parseDriveText(text).file === volume)?.[0]
}
