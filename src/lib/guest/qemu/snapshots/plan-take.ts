// The plan that takes a snapshot. Pure. A guest that runs stands still while its disks are taken, so that they are all of one moment; one
// whose memory is kept too stands still from the end of that until its disks are taken. Whatever fails, all of it is taken back.
import {parseVolumeId} from '../../../storage/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Plan, Step} from '../../../tasks/index.ts'
import type {FreezeSteps} from '../agent/index.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {assertNotLocked} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {assertNotOpenInChain} from './disks.ts'
import type {SnapshotDisk} from './disks.ts'
import {assertNameIsFree, assertNoTemplate, withNewSnapshot, withTakenSnapshot} from './sections.ts'
import type {NewSnapshot} from './sections.ts'

export interface TakeInput {
  readonly guest: GuestFile
  /** Where its configuration lies in the store. */
  readonly path: string
  readonly snapshot: NewSnapshot
  readonly disks: readonly SnapshotDisk[]
  /** QEMU's word for the state of a guest that runs; undefined when it does not. */
  readonly runState: string | undefined
  readonly freeze: FreezeSteps
  /** What makes the volume of the state, and what fills it and leaves the guest standing still. With `snapshot.state` only. */
  readonly saving?: {readonly volumeStep: Step; readonly saveStep: Step}
}

/** @throws AppError for what keeps a snapshot of that name from being taken now; to be asked before disks are looked at */
export function checkTakeable(guest: GuestFile, name: string): void {
  assertNotLocked(guest)
  assertNoTemplate(guest.config, guest.vmid)
  assertNameIsFree(guest.config, guest.vmid, name)
}

/** @throws AppError as checkTakeable */
export function planTake({guest, path, snapshot, disks, runState, freeze, saving}: TakeInput): Plan {
  const {vmid, file} = guest
  checkTakeable(guest, snapshot.name)
  assertNotOpenInChain(vmid, disks, runState !== undefined)
  const prepared = withNewSnapshot(guest.config, snapshot)
  const taken = withTakenSnapshot(prepared, vmid, snapshot.name)
  const [preparedText, takenText] = [formatQemuConfig(prepared), formatQemuConfig(taken)]
  return {
    steps: [
      {do: {kind: 'guest.make-storages-ready', storages: storagesOf([...disks.map(({volume}) => volume), ...(snapshot.state === undefined ? [] : [snapshot.state.volume])])}},
      ...(saving === undefined ? [] : [saving.volumeStep]),
      storeCommitStep([{path, was: file, text: preparedText}]),
      ...(saving === undefined ? diskSteps(vmid, snapshot.name, disks, runState, freeze) : stateSteps(vmid, snapshot.name, disks, runState, saving.saveStep)),
      storeCommitStep([{path, was: {data: preparedText}, text: takenText}]),
    ],
    whenInterrupted: 'undo',
  }
}

export function storagesOf(volumes: readonly string[]): string[] {
  return [...new Set(volumes.map((volume) => parseVolumeId(volume).storage))].sort()
}

function diskSteps(vmid: number, name: string, disks: readonly SnapshotDisk[], runState: string | undefined, {freeze, thaw}: FreezeSteps): Step[] {
  if (runState === undefined) return disks.map((disk) => storageStep(vmid, name, disk))
  const open = disks.filter(({isInImage}) => isInImage)
  const taken = [
    ...(open.length === 0 ? [] : [openDisksStep(vmid, name, open)]),
    ...disks.filter(({isInImage}) => !isInImage).map((disk) => storageStep(vmid, name, disk)),
  ]
  // What stands still already is left as it is.
  if (runState !== 'running') return taken
  const letGo = {kind: 'qemu.let-go', vmid}
  return [...freeze, {do: {kind: 'qemu.hold', vmid}, undo: letGo}, ...taken, {do: letGo}, ...thaw]
}

/** After its memory has been saved, QEMU has let go of its images, so the storages take the snapshots of all disks. */
function stateSteps(vmid: number, name: string, disks: readonly SnapshotDisk[], runState: string | undefined, saveStep: Step): Step[] {
  return [saveStep, ...disks.map((disk) => storageStep(vmid, name, disk)), {do: {kind: 'qemu.let-go', vmid, ...(runState === 'running' ? {} : {wasPaused: true})}}]
}

function openDisksStep(vmid: number, name: string, disks: readonly SnapshotDisk[]): Step {
  return {
    do: {kind: 'qemu.snapshot-disks', vmid, name, keys: disks.map(({key}) => key)},
    undo: {kind: 'guest.drop-snapshots', vmid, name, disks: disks.map(({key, volume}) => ({key, volume}))},
  }
}

function storageStep(vmid: number, name: string, {key, volume, isInImage, commands}: SnapshotDisk): Step {
  return {
    do: {kind: 'volume.snapshot', volume, name, commands},
    undo: {kind: 'guest.drop-snapshot', vmid, name, volume, ...(isInImage ? {key} : {})},
  }
}
