// The plan that takes a guest back to a snapshot. Pure. Until the disks are touched all of it can be taken back; from there it is finished. A
// disk that cannot go back leaves the guest locked, with its disks of different times, and the same command goes on with it.
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Action, Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {ownedBy} from '../../volume-owner.ts'
import {assertNotLocked, hasLock} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {writeKey} from '../pending.ts'
import type {SnapshotDisk} from './disks.ts'
import {storagesOf} from './plan-take.ts'
import {assertComplete, assertNoTemplate, existingSnapshot, rolledBack} from './sections.ts'

export interface RollbackInput {
  readonly guest: GuestFile
  readonly path: string
  readonly name: string
  readonly disks: readonly SnapshotDisk[]
  /** What ends the running guest and clears up after it; for one that does not run, what is left to be cleared up. */
  readonly endSteps: readonly Step[]
  /** The configuration that it comes to. */
  readonly config: GuestConfig
  /** What removes a state that the configuration still named, of a suspension that was given up. */
  readonly stateRemoval?: readonly Action[]
  /** What starts it afterwards. */
  readonly startActions: readonly Action[]
}

/** @throws AppError for what keeps the guest from going back to it now; to be asked before disks are looked at */
export function checkRollback(guest: GuestFile, name: string): void {
  const section = existingSnapshot(guest.config, guest.vmid, name)
  // One that failed half-way is gone on with.
  if (!hasLock(guest, 'rollback')) assertNotLocked(guest)
  assertNoTemplate(guest.config, guest.vmid)
  assertComplete(section, guest.vmid, name)
}

/** The configuration after it, without what only holds while a state is loaded. @throws NotFoundError */
export function configAfter(guest: GuestFile, name: string): GuestConfig {
  return rolledBack(guest.config, guest.vmid, name, ownedBy(guest.vmid))
}

/** @throws AppError as checkRollback */
export function planRollback({guest, path, name, disks, endSteps, config, stateRemoval = [], startActions}: RollbackInput): Plan {
  const {vmid, file} = guest
  checkRollback(guest, name)
  const lockedText = formatQemuConfig(writeKey(guest.config, 'lock', 'rollback'))
  const roll = (disk: SnapshotDisk): Action => ({kind: 'guest.roll-back-volume', vmid, name, volume: disk.volume, commands: disk.commands})
  return {
    steps: [
      {do: {kind: 'guest.make-storages-ready', storages: storagesOf(disks.map(({volume}) => volume))}},
      ...endSteps,
      ...(lockedText === file.data ? [] : [storeCommitStep([{path, was: file, text: lockedText}])]),
    ],
    afterwards: [
      ...disks.map(roll),
      storeCommitStep([{path, was: {data: lockedText}, text: formatQemuConfig(config)}]).do,
      ...stateRemoval,
      ...startActions,
    ],
    whenInterrupted: 'undo',
  }
}
