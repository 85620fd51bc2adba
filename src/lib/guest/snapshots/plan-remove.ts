// The plan that removes a snapshot, for guests of both types. Pure. What is removed cannot be brought back, so a plan that is interrupted is finished; one that
// fails leaves a section that says so (`snapstate: delete`), and the same command goes on with it.
import {storeCommitStep} from '../../tasks/index.ts'
import type {Action, Plan, Step} from '../../tasks/index.ts'
import {assertNotLockedOf, hasLock} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {ownedBy} from '../volume-owner.ts'
import {snapshotSections} from './sections.ts'
import {storagesOf} from './snapshot-volumes.ts'
import type {SnapshotVolume} from './snapshot-volumes.ts'
import type {SnapshotType} from './snapshot-type.ts'

export interface RemoveParts {
  readonly guest: GuestFile
  readonly path: string
  readonly name: string
  /** Failures of storages are told and left. */
  readonly force: boolean
  /** Those of the snapshot's volumes that can be reached. */
  readonly volumes: readonly SnapshotVolume[]
  /** What removes the state of the running guest, where the snapshot has one. */
  readonly stateSteps?: readonly Step[]
  /** What removes the snapshot of a volume. */
  readonly drop: (volume: SnapshotVolume) => Action
}

/** A removal that failed half-way is gone on with under its own lock. @throws AppError */
export function checkRemovableOf(type: SnapshotType, guest: GuestFile, name: string): void {
  const {existingSnapshot, assertNoTemplate} = snapshotSections(type)
  const {snapstate} = existingSnapshot(guest.config, guest.vmid, name).values
  if (!(hasLock(guest, 'snapshot-delete') && snapstate === 'delete')) assertNotLockedOf(type.kind, guest)
  assertNoTemplate(guest.config, guest.vmid)
}

/** @throws AppError as checkRemovableOf */
export function planRemoveOf(type: SnapshotType, {guest, path, name, force, volumes, stateSteps = [], drop}: RemoveParts): Plan {
  const {vmid, config, file} = guest
  checkRemovableOf(type, guest, name)
  const {withLeavingSnapshot, withoutSnapshot} = snapshotSections(type)
  const leaving = withLeavingSnapshot(config, vmid, name)
  const [leavingText, goneText] = [type.formatConfig(leaving), type.formatConfig(withoutSnapshot(leaving, vmid, name, ownedBy(vmid)))]
  const storages = storagesOf(volumes.map(({volume}) => volume))
  return {
    steps: [
      ...(storages.length === 0 || force ? [] : [{do: {kind: 'guest.make-storages-ready', storages}}]),
      storeCommitStep([{path, was: file, text: leavingText, beyond: goneText}]),
      ...stateSteps,
      ...volumes.map((volume) => ({do: drop(volume)})),
      storeCommitStep([{path, was: {data: leavingText}, text: goneText}]),
    ],
    whenInterrupted: 'finish',
  }
}
