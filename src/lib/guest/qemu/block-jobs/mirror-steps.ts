// Steps of plans that copy drives of a running guest into new volumes. For those who plan such a thing: a copy that is left as it is at one
// moment (clones), or the move of a disk.
import type {Context, Step} from '../../../tasks/index.ts'
import type {CancelMirrors} from './actions/cancel-mirrors.ts'
import type {EndMirrors} from './actions/end-mirrors.ts'
import type {MirrorDrives} from './actions/mirror-drives.ts'
import {onMonitor} from './job-state.ts'
import type {CopyMode, DriveMirror} from './mirror.ts'
import {mirrorPlace} from './mirror.ts'

/** Copies and keeps the copies alike; after the steps that make the volumes. */
export function mirrorStep(vmid: number, mirrors: readonly DriveMirror[], copyMode: CopyMode, bandwidthKib?: number): Step {
  const mirror: MirrorDrives = {kind: 'qemu.mirror-drives', vmid, mirrors, copyMode, ...(bandwidthKib === undefined || bandwidthKib === 0 ? {} : {bandwidthKib})}
  const undo: CancelMirrors = {kind: 'qemu.cancel-mirrors', vmid, mirrors: mirrors.map(mirrorPlace)}
  return {do: mirror, undo}
}

/**
 * Leaves the copies as they are at one moment, and the guest on its own volumes.
 * @param isFrozen the guest's file systems stand still by a step before, so the guest need not be held
 */
export async function endMirrorsStep(vmid: number, mirrors: readonly DriveMirror[], isFrozen: boolean, context: Context): Promise<Step> {
  const holds = !isFrozen && await isGoing(vmid, context)
  const places = mirrors.map(mirrorPlace)
  const end: EndMirrors = {kind: 'qemu.end-mirrors', vmid, mirrors: places, holds}
  const undo: CancelMirrors = {kind: 'qemu.cancel-mirrors', vmid, mirrors: places, resumes: holds}
  return {do: end, undo}
}

/** Whether its processors run; one that was suspended stays so. */
async function isGoing(vmid: number, context: Context): Promise<boolean> {
  const answer = await onMonitor(vmid, context, (client) => client.execute('query-status'))
  return typeof answer === 'object' && answer !== null && (answer as {running?: unknown}).running === true
}
