// The plan that takes a snapshot, for guests of both types. Pure. What is done to the guest meanwhile is its type's to say; whatever fails, all of it is
// taken back.
import {storeCommitStep} from '../../tasks/index.ts'
import type {Plan, Step} from '../../tasks/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import {assertNotLockedOf} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {snapshotSections} from './sections.ts'
import type {SnapshotType} from './snapshot-type.ts'

export interface TakeParts {
  readonly guest: GuestFile
  /** Where its configuration lies in the store. */
  readonly path: string
  readonly name: string
  /** The configuration with the section of the new snapshot. */
  readonly prepared: GuestConfig
  /** Those that volumes of the snapshot are on. */
  readonly storages: readonly string[]
  /** What is made before the configuration says anything. */
  readonly before?: readonly Step[]
  /** What takes the snapshots of the volumes, and holds the guest meanwhile. */
  readonly take: readonly Step[]
}

/** @throws AppError for what keeps a snapshot of that name from being taken now; to be asked before volumes are looked at */
export function checkTakeableOf(type: SnapshotType, guest: GuestFile, name: string): void {
  const {assertNoTemplate, assertNameIsFree} = snapshotSections(type)
  assertNotLockedOf(type.kind, guest)
  assertNoTemplate(guest.config, guest.vmid)
  assertNameIsFree(guest.config, guest.vmid, name)
}

/** @throws AppError as checkTakeableOf */
export function planTakeOf(type: SnapshotType, {guest, path, name, prepared, storages, before = [], take}: TakeParts): Plan {
  const {vmid, file} = guest
  checkTakeableOf(type, guest, name)
  const taken = snapshotSections(type).withTakenSnapshot(prepared, vmid, name)
  const [preparedText, takenText] = [type.formatConfig(prepared), type.formatConfig(taken)]
  return {
    steps: [
      {do: {kind: 'guest.make-storages-ready', storages}},
      ...before,
      storeCommitStep([{path, was: file, text: preparedText}]),
      ...take,
      storeCommitStep([{path, was: {data: preparedText}, text: takenText}]),
    ],
    whenInterrupted: 'undo',
  }
}
