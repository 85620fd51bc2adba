// Moves a volume of a container to another storage: a new volume, filled from the old one, takes its place in the configuration. The old one is kept as an unused
// volume, or removed once nothing names it. The container must not run, since it has its volumes open.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {openVolume, parseVolumeId, storageLock} from '../../../storage/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, Step} from '../../../tasks/index.ts'
import type {GuestFile} from '../../guest-files.ts'
import {writeKey} from '../../pending.ts'
import {ownedBy} from '../../volume-owner.ts'
import {formatLxcConfig, idMapOf, isUnusedKey, referencedVolumes, refersTo, registerUnused, withVolume} from '../config/index.ts'
import {containerConfigPath} from '../kind.ts'
import {monitorOf} from '../runtime/status.ts'
import {sizeText} from '../volumes.ts'
import type {ContainerVolume} from './container-volume.ts'
import {assertNoTemplate, assertNothingWaits, isInSnapshot} from './container-volume.ts'
import {planVolumeCopy} from './copy.ts'

export interface MoveWish {
  readonly volume: ContainerVolume
  readonly storage: string
  /** Remove the old volume. */
  readonly deletes: boolean
  /** In KiB a second; 0 is no limit. */
  readonly bandwidthKib: number
}

/** The locks of a move: of the storage where the volume is made, and of the one where the old one may be removed. */
export function locksOfMove({storage, volume, deletes}: Pick<MoveWish, 'storage' | 'volume' | 'deletes'>): readonly string[] {
  return [...new Set([storage, ...(deletes ? [parseVolumeId(volume.volume).storage] : [])])].map(storageLock)
}

/** @throws InvalidInputError, ConflictError, UnsupportedError, NotFoundError naming what is in the way */
export async function planMove(guest: GuestFile, wish: MoveWish, context: Context): Promise<Plan> {
  const {vmid, config} = guest
  const {volume: {key, text, volume}, storage, deletes, bandwidthKib} = wish
  assertNoTemplate(guest, 'its volumes stay where they are')
  assertNothingWaits(guest, key)
  if (deletes && isInSnapshot(config, volume)) {
    throw new ConflictError(`${key} cannot be removed after it was moved: a snapshot needs its volume`, {nextSteps: ['Leave out --delete: the volume stays for the snapshot.', `See the snapshots: pct listsnapshot ${vmid}`]})
  }
  await assertNotMounted(guest, key, context)
  if (parseVolumeId(volume).storage === storage) throw new InvalidInputError(`${key} is on storage '${storage}' already`, {storage: 'is where the volume is'}, {nextSteps: ['Name another storage.']})
  const made = await planVolumeCopy({key, source: {volume}, storage, vmid, map: idMapOf(config.current), taken: referencedVolumes(config), bandwidthKib}, context)
  const moved = writeKey(config, key, isUnusedKey(key) ? made.volume : withVolume(key, text, made.volume, sizeText(made.sizeBytes)))
  const kept = deletes ? moved : registerUnused(moved, text, ownedBy(vmid))
  const commit = storeCommitStep([{path: containerConfigPath(context.node, vmid), was: guest.file, text: formatLxcConfig(kept)}])
  return {steps: [...releasing(made.create, locksOfMove(wish)), ...made.fill, commit], ...await freeing(guest, wish, context), whenInterrupted: 'undo', result: null}
}

/** @throws ConflictError when the container runs and has the volume mounted */
export async function assertNotMounted({vmid}: Pick<GuestFile, 'vmid'>, key: string, context: Context): Promise<void> {
  if (isUnusedKey(key) || await monitorOf(vmid, context) === undefined) return
  throw new ConflictError(`container ${vmid} runs and has ${key} mounted`, {nextSteps: [`Shut it down first: pct shutdown ${vmid}`], data: {vmid, key}})
}

/** The new volume has its name after these; hours of copying hold up nobody on the storages. */
export function releasing(create: readonly Step[], locks: readonly string[]): Step[] {
  return create.map((step, index) => (index === create.length - 1 ? {...step, thenRelease: locks} : step))
}

/** The removal of the old volume, once nothing names it. @throws ConflictError when it is not the container's or something stands on it */
async function freeing({vmid, config}: GuestFile, {volume: {key, volume}, deletes}: MoveWish, context: Context): Promise<Pick<Plan, 'afterwards'>> {
  if (!deletes) return {}
  if (!ownedBy(vmid)(volume)) throw new ConflictError(`${volume} is not container ${vmid}'s to remove`, {nextSteps: ['Leave out --delete.']})
  if (refersTo(writeKey(config, key, undefined), volume)) throw new ConflictError(`${volume} cannot be removed: another key of container ${vmid} names it as well`, {nextSteps: ['Leave out --delete.']})
  const {storage, id} = await openVolume(volume, context)
  await storage.checkRemovable(id)
  return {afterwards: [{kind: 'lxc.free-volume', vmid, volume, commands: storage.commands({remove: id})}]}
}
