// Gives a volume of a container to another one: it gets a name of its new owner, and both configurations change in one commit. Nothing is copied.
import {ConflictError, InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {formatVolumeId, openVolume} from '../../../storage/index.ts'
import type {Format} from '../../../storage/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import type {GuestFile} from '../../guest-files.ts'
import {readKey, writeKey} from '../../pending.ts'
import {assertDistinctPaths} from '../change-config.ts'
import {formatLxcConfig, idMapOf, formatRange, isUnusedKey, referencedVolumes, refersTo, withVolume} from '../config/index.ts'
import {assertUnprotected, containerConfigPath} from '../kind.ts'
import type {ContainerVolume} from './container-volume.ts'
import {assertNoTemplate, assertNothingWaits, isInSnapshot} from './container-volume.ts'
import {assertNotMounted} from './move.ts'

export interface ReassignWish {
  readonly volume: ContainerVolume
  /** The key in the other container. */
  readonly targetKey: string
}

/** @throws ConflictError, InvalidInputError, UnsupportedError naming what is in the way */
export async function planReassign(from: GuestFile, to: GuestFile, {volume: given, targetKey}: ReassignWish, context: Context): Promise<Plan> {
  await checkSource(from, given, context)
  await checkTarget(from, to, given, targetKey, context)
  const {storage, id} = await openVolume(given.volume, context)
  const name = storage.parseName(id.name)
  if (name.isBase || name.parent !== undefined) throw new UnsupportedError(`${given.volume} ${name.isBase ? 'is a base' : 'stands on a base'}, and stays with its container`, {nextSteps: ['Move it to a storage of its own first: pct move-volume']})
  if (name.vmid !== from.vmid) throw new ConflictError(`${given.volume} does not belong to container ${from.vmid}`)
  const taken = referencedVolumes(to.config).filter((volume) => volume.startsWith(`${id.storage}:`)).map((volume) => volume.slice(id.storage.length + 1))
  const renamed = await storage.nextName(to.vmid, name.format as Format, taken)
  const volume = formatVolumeId(renamed)
  const rename: Step = {
    do: {kind: 'volume.rename', from: given.volume, to: volume, commands: storage.commands({rename: {from: id, to: renamed}})},
    undo: {kind: 'volume.rename', from: volume, to: given.volume, commands: storage.commands({rename: {from: renamed, to: id}})},
  }
  const taker = writeKey(to.config, targetKey, textThere(given, targetKey, volume))
  assertDistinctPaths({...taker.current.values, ...taker.pending})
  const edit = (guest: GuestFile, config: GuestConfig) => ({path: containerConfigPath(context.node, guest.vmid), was: guest.file, text: formatLxcConfig(config)})
  return {steps: [rename, storeCommitStep([edit(from, writeKey(from.config, given.key, undefined)), edit(to, taker)])], whenInterrupted: 'undo', result: null}
}

async function checkSource(from: GuestFile, {key, volume}: ContainerVolume, context: Context): Promise<void> {
  assertNoTemplate(from, 'keeps its volumes')
  assertNothingWaits(from, key)
  assertUnprotected(from, `the volume ${key} cannot be taken from it`)
  if (key === 'rootfs') throw new InvalidInputError('the root file system of a container cannot be given away', {volume: 'is the root file system'}, {nextSteps: [`Make a copy of the container: pct clone ${from.vmid} NEWID --full`]})
  await assertNotMounted(from, key, context)
  if (isInSnapshot(from.config, volume)) throw new ConflictError(`a snapshot of container ${from.vmid} needs ${volume}`, {nextSteps: [`See the snapshots: pct listsnapshot ${from.vmid}`]})
  if (refersTo(writeKey(from.config, key, undefined), volume)) throw new ConflictError(`another key of container ${from.vmid} names ${volume} as well`)
}

async function checkTarget(from: GuestFile, to: GuestFile, {key}: ContainerVolume, targetKey: string, context: Context): Promise<void> {
  assertNoTemplate(to, 'takes no volumes')
  if (readKey(to.config, targetKey) !== undefined || to.config.pending[targetKey] !== undefined) {
    throw new InvalidInputError(`container ${to.vmid} has ${targetKey} already`, {'target-volume': 'is not free'}, {nextSteps: ['Name another one with --target-volume.']})
  }
  if (!isUnusedKey(targetKey) && isUnusedKey(key)) {
    throw new InvalidInputError(`${key} has no path at which it could be mounted in container ${to.vmid}`, {'target-volume': 'must be unusedN'}, {nextSteps: [`Give it as an unused volume: --target-volume unused0; then pct set ${to.vmid} --mp0 VOLUME,mp=PATH`]})
  }
  await assertNotMounted(to, targetKey, context)
  const mapOf = ({config}: GuestFile) => idMapOf(config.current).map(formatRange).join('; ')
  if (mapOf(from) !== mapOf(to)) context.log.warn(`the users of container ${to.vmid} are others than those of container ${from.vmid}: files keep the owners that they have on the host`)
}

function textThere({key, text}: ContainerVolume, targetKey: string, volume: string): string {
  return isUnusedKey(targetKey) || isUnusedKey(key) ? volume : withVolume(targetKey, text, volume, /(?:^|,)size=([^,]+)/.exec(text)?.[1])
}
