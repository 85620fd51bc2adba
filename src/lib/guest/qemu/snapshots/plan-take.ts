// The plan that takes a snapshot of a virtual machine. Pure. One that runs stands still while its disks are taken, so that they are all of one moment; one
// whose memory is kept too stands still from the end of that until its disks are taken. Disks whose snapshots are files of their own are taken first, since
// QEMU has to go on in the new files before it lets go of its images: the memory is then saved of a guest that stands still.
import type {Plan, Step} from '../../../tasks/index.ts'
import {checkTakeableOf, planTakeOf} from '../../snapshots/plan-take.ts'
import {storagesOf} from '../../snapshots/snapshot-volumes.ts'
import type {SnapshotVolume} from '../../snapshots/snapshot-volumes.ts'
import type {FreezeSteps} from '../agent/index.ts'
import type {GuestFile} from '../guest-files.ts'
import {qemuSnapshots, withNewSnapshot} from './sections.ts'
import type {NewSnapshot} from './sections.ts'

export interface TakeInput {
  readonly guest: GuestFile
  /** Where its configuration lies in the store. */
  readonly path: string
  readonly snapshot: NewSnapshot
  readonly disks: readonly SnapshotVolume[]
  /** QEMU's word for the state of a guest that runs; undefined when it does not. */
  readonly runState: string | undefined
  readonly freeze: FreezeSteps
  /** What makes the volume of the state, and what fills it and leaves the guest standing still. With `snapshot.state` only. */
  readonly saving?: {readonly volumeStep: Step; readonly saveStep: Step}
}

/** @throws AppError for what keeps a snapshot of that name from being taken now; to be asked before disks are looked at */
export function checkTakeable(guest: GuestFile, name: string): void {
  checkTakeableOf(qemuSnapshots, guest, name)
}

/** @throws AppError as checkTakeable */
export function planTake({guest, path, snapshot, disks, runState, freeze, saving}: TakeInput): Plan {
  const {name} = snapshot
  checkTakeable(guest, name)
  return planTakeOf(qemuSnapshots, {
    guest, path, name, prepared: withNewSnapshot(guest.config, snapshot),
    storages: storagesOf([...disks.map(({volume}) => volume), ...(snapshot.state === undefined ? [] : [snapshot.state.volume])]),
    ...(saving === undefined ? {} : {before: [saving.volumeStep]}),
    take: saving === undefined ? diskSteps(guest, name, disks, runState, freeze) : stateSteps(guest, name, disks, runState, saving.saveStep),
  })
}

function diskSteps({vmid, config}: GuestFile, name: string, disks: readonly SnapshotVolume[], runState: string | undefined, {freeze, thaw}: FreezeSteps): Step[] {
  if (runState === undefined) return disks.map((disk) => storageStep(vmid, name, disk))
  const open = disks.filter(({isInImage}) => isInImage)
  const taken = [
    ...(open.length === 0 ? [] : [openDisksStep(vmid, name, open)]),
    ...chainSteps(vmid, config, name, disks),
    ...disks.filter(({isInImage, isInChain}) => !isInImage && isInChain !== true).map((disk) => storageStep(vmid, name, disk)),
  ]
  // What stands still already is left as it is.
  if (runState !== 'running') return taken
  const letGo = {kind: 'qemu.let-go', vmid}
  return [...freeze, {do: {kind: 'qemu.hold', vmid}, undo: letGo}, ...taken, {do: letGo}, ...thaw]
}

/** After its memory has been saved, QEMU has let go of its images, so the storages take the snapshots of all disks, but for chains. */
function stateSteps({vmid, config}: GuestFile, name: string, disks: readonly SnapshotVolume[], runState: string | undefined, saveStep: Step): Step[] {
  const chains = chainSteps(vmid, config, name, disks)
  const others = disks.filter(({isInChain}) => isInChain !== true).map((disk) => storageStep(vmid, name, disk))
  const hold: Step[] = chains.length === 0 || runState !== 'running' ? [] : [{do: {kind: 'qemu.hold', vmid}, undo: {kind: 'qemu.let-go', vmid}}]
  return [...hold, ...chains, saveStep, ...others, {do: {kind: 'qemu.let-go', vmid, ...(runState === 'running' ? {} : {wasPaused: true})}}]
}

function chainSteps(vmid: number, {current: {values}}: GuestFile['config'], name: string, disks: readonly SnapshotVolume[]): Step[] {
  const open = disks.filter(({isInChain}) => isInChain === true).map(({key, volume}) => ({key, volume, drive: values[key] ?? ''}))
  return open.length === 0 ? [] : [{do: {kind: 'qemu.snapshot-chains', vmid, name, disks: open}, undo: {kind: 'guest.drop-chains', vmid, name, disks: open}}]
}

function openDisksStep(vmid: number, name: string, disks: readonly SnapshotVolume[]): Step {
  return {
    do: {kind: 'qemu.snapshot-disks', vmid, name, keys: disks.map(({key}) => key)},
    undo: {kind: 'guest.drop-snapshots', vmid, name, disks: disks.map(({key, volume}) => ({key, volume}))},
  }
}

function storageStep(vmid: number, name: string, {key, volume, isInImage, commands}: SnapshotVolume): Step {
  return {
    do: {kind: 'volume.snapshot', volume, name, commands},
    undo: {kind: 'guest.drop-snapshot', vmid, name, volume, ...(isInImage ? {key} : {})},
  }
}
