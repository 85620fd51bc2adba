// The plans that take, remove and go back to snapshots of containers: guest/snapshots, and what is done to the container meanwhile. Pure.
import type {Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import type {GuestFile} from '../../guest-files.ts'
import {checkRemovableOf, planRemoveOf} from '../../snapshots/plan-remove.ts'
import type {RemoveParts} from '../../snapshots/plan-remove.ts'
import {checkRollbackOf, planRollbackOf} from '../../snapshots/plan-rollback.ts'
import type {RollbackParts} from '../../snapshots/plan-rollback.ts'
import {checkTakeableOf, planTakeOf} from '../../snapshots/plan-take.ts'
import type {NewSection} from '../../snapshots/sections.ts'
import {storagesOf} from '../../snapshots/snapshot-volumes.ts'
import type {SnapshotVolume} from '../../snapshots/snapshot-volumes.ts'
import {ownedBy} from '../../volume-owner.ts'
import {existingSnapshot, lxcSnapshots, withNewSection, withSnapshotInForce} from './sections.ts'

export interface TakeInput {
  readonly guest: GuestFile
  readonly path: string
  readonly section: NewSection
  readonly volumes: readonly SnapshotVolume[]
  /** What holds the container while its volumes are taken; none when it does not run. */
  readonly hold: HoldSteps
}

export interface HoldSteps {
  readonly freeze: readonly Step[]
  readonly thaw: readonly Step[]
}

export const checkTakeable = (guest: GuestFile, name: string): void => { checkTakeableOf(lxcSnapshots, guest, name) }
export const checkRemovable = (guest: GuestFile, name: string): void => { checkRemovableOf(lxcSnapshots, guest, name) }
export const checkRollback = (guest: GuestFile, name: string): void => { checkRollbackOf(lxcSnapshots, guest, name) }

/** All volumes are of one moment: the container stands still, with what it wrote on disk, until the last of them is taken. @throws AppError as checkTakeable */
export function planTake({guest, path, section, volumes, hold}: TakeInput): Plan {
  const {vmid, config} = guest
  const {name} = section
  checkTakeable(guest, name)
  return planTakeOf(lxcSnapshots, {
    guest, path, name, prepared: withNewSection(config, section), storages: storagesOf(volumes.map(({volume}) => volume)),
    take: [...hold.freeze, ...volumes.map((volume) => snapshotStep(vmid, name, volume)), ...hold.thaw],
  })
}

/** A snapshot of one volume, which is removed when the plan is taken back. */
export function snapshotStep(vmid: number, name: string, {volume, commands}: Pick<SnapshotVolume, 'volume' | 'commands'>): Step {
  return {do: {kind: 'volume.snapshot', volume, name, commands}, undo: {kind: 'guest.drop-snapshot', vmid, name, volume}}
}

/** @throws AppError as checkRemovable */
export function planRemove(parts: Omit<RemoveParts, 'drop' | 'stateSteps'>): Plan {
  const {guest: {vmid}, name, force} = parts
  return planRemoveOf(lxcSnapshots, {...parts, drop: ({volume, commands}) => ({kind: 'guest.drop-snapshot', vmid, name, volume, ...(force ? {force} : {}), commands})})
}

/** The configuration after a rollback. @throws NotFoundError */
export function configAfter({vmid, config}: GuestFile, name: string): GuestConfig {
  return withSnapshotInForce(config, vmid, name, ownedBy(vmid))
}

/** @throws AppError as checkRollback */
export function planRollback({afterwards, ...parts}: RollbackParts): Plan {
  const {guest: {vmid, config}, name} = parts
  const {vmstate} = existingSnapshot(config, vmid, name).values
  return planRollbackOf(lxcSnapshots, {...parts, afterwards: vmstate === undefined ? afterwards : [{kind: 'lxc.refuse-state', vmid, name}]})
}
