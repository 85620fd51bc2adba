// The plan that takes a guest of either type back to a snapshot. Pure. Until the volumes are touched all of it can be taken back; from there it is finished. A
// volume that cannot go back leaves the guest locked, with its volumes of different times, and the same command goes on with it.
import {storeCommitStep} from '../../tasks/index.ts'
import type {Action, Plan, Step} from '../../tasks/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import {assertNotLockedOf, hasLock} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {writeKey} from '../pending.ts'
import {snapshotSections} from './sections.ts'
import {storagesOf} from './snapshot-volumes.ts'
import type {SnapshotVolume} from './snapshot-volumes.ts'
import type {SnapshotType} from './snapshot-type.ts'

export interface RollbackParts {
  readonly guest: GuestFile
  readonly path: string
  readonly name: string
  readonly volumes: readonly SnapshotVolume[]
  /** What ends the running guest and clears up after it; for one that does not run, what is left to be cleared up. */
  readonly endSteps: readonly Step[]
  /** The configuration that it comes to. */
  readonly config: GuestConfig
  /** What is done once it is in force: a state that is removed, a start. */
  readonly afterwards: readonly Action[]
}

/** @throws AppError for what keeps the guest from going back to it now; to be asked before volumes are looked at */
export function checkRollbackOf(type: SnapshotType, guest: GuestFile, name: string): void {
  const {existingSnapshot, assertNoTemplate, assertComplete} = snapshotSections(type)
  const section = existingSnapshot(guest.config, guest.vmid, name)
  // One that failed half-way is gone on with.
  if (!hasLock(guest, 'rollback')) assertNotLockedOf(type.kind, guest)
  assertNoTemplate(guest.config, guest.vmid)
  assertComplete(section, guest.vmid, name)
}

/** @throws AppError as checkRollbackOf */
export function planRollbackOf(type: SnapshotType, {guest, path, name, volumes, endSteps, config, afterwards}: RollbackParts): Plan {
  const {vmid, file} = guest
  checkRollbackOf(type, guest, name)
  const lockedText = type.formatConfig(writeKey(guest.config, 'lock', 'rollback'))
  return {
    steps: [
      {do: {kind: 'guest.make-storages-ready', storages: storagesOf(volumes.map(({volume}) => volume))}},
      ...endSteps,
      ...(lockedText === file.data ? [] : [storeCommitStep([{path, was: file, text: lockedText}])]),
    ],
    afterwards: [
      ...volumes.map(({volume, commands}): Action => ({kind: rollBackKinds[type.kind.type], vmid, name, volume, commands})),
      storeCommitStep([{path, was: {data: lockedText}, text: type.formatConfig(config)}]).do,
      ...afterwards,
    ],
    whenInterrupted: 'undo',
  }
}

/** The action looks at the configuration again, which lies elsewhere for each type. */
const rollBackKinds = {qemu: 'guest.roll-back-volume', lxc: 'lxc.roll-back-volume'} as const
