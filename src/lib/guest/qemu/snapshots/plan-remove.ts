// The plan that removes a snapshot of a virtual machine. Pure. The snapshot in an image that the running machine has open is removed by its QEMU.
import type {Plan, Step} from '../../../tasks/index.ts'
import {checkRemovableOf, planRemoveOf} from '../../snapshots/plan-remove.ts'
import type {SnapshotVolume} from '../../snapshots/snapshot-volumes.ts'
import {isDriveKey} from '../config/drives.ts'
import {parseDriveText} from '../drives/drive-text.ts'
import type {GuestFile} from '../guest-files.ts'
import {qemuSnapshots} from './sections.ts'

export interface RemoveInput {
  readonly guest: GuestFile
  readonly path: string
  readonly name: string
  readonly force: boolean
  /** Those of the snapshot's disks that can be reached. */
  readonly disks: readonly SnapshotVolume[]
  readonly isRunning: boolean
  /** What removes the state of the running machine, where the snapshot has one. */
  readonly stateSteps: readonly Step[]
}

/** A removal that failed half-way is gone on with under its own lock. @throws AppError */
export function checkRemovable(guest: GuestFile, name: string): void {
  checkRemovableOf(qemuSnapshots, guest, name)
}

/** @throws AppError as checkRemovable */
export function planRemove({guest, path, name, force, disks, isRunning, stateSteps}: RemoveInput): Plan {
  const {vmid} = guest
  checkRemovable(guest, name)
  return planRemoveOf(qemuSnapshots, {
    guest, path, name, force, volumes: disks, stateSteps,
    drop: ({volume, isInImage, isInChain = false, commands}) => {
      const key = isRunning && (isInImage || isInChain) ? openDrive(guest, volume) : undefined
      const open = key === undefined ? {} : isInChain ? {chain: {key, volume, drive: guest.config.current.values[key] ?? ''}} : {key}
      return {kind: 'guest.drop-snapshot', vmid, name, volume, ...open, ...(force ? {force} : {}), commands}
    },
  })
}

/** The drive by which the running guest has the volume, which may have been another one at the time of the snapshot. */
function openDrive({config}: GuestFile, volume: string): string | undefined {
  return Object.entries(config.current.values).find(([key, text]) => isDriveKey(key) && parseDriveText(text).file === volume)?.[0]
}
