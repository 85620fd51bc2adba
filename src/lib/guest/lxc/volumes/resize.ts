// Makes a volume of a container larger, with the file system on it, whether it runs or not, and writes the new size down.
import {UnsupportedError} from '../../../base/index.ts'
import {parseVolumeId, openVolume, storageLock} from '../../../storage/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import type {GuestFile} from '../../guest-files.ts'
import {writeKey} from '../../pending.ts'
import {wantedSize} from '../../wanted-size.ts'
import type {ResizeVolume} from '../actions/resize-volume.ts'
import {formatLxcConfig, withVolume} from '../config/index.ts'
import {containerConfigPath} from '../kind.ts'
import {monitorOf} from '../runtime/status.ts'
import {sizeText} from '../volumes.ts'
import type {ContainerVolume} from './container-volume.ts'
import {assertNoTemplate, assertNothingWaits} from './container-volume.ts'

/** @throws InvalidInputError, ConflictError, UnsupportedError naming what is in the way */
export async function planResize(guest: GuestFile, {key, text, volume}: ContainerVolume, size: string, context: Context): Promise<Plan> {
  const {vmid, config} = guest
  assertNoTemplate(guest, 'its volumes stay as they are')
  assertNothingWaits(guest, key)
  const {storage, id} = await openVolume(volume, context)
  const {format} = storage.parseName(id.name)
  if (format === 'subvol' && !storage.traits.formats.includes('subvol')) {
    throw new UnsupportedError(`${key} is a folder without a limit on storage '${id.storage}' (${storage.config.type}), and has no size that could grow`, {
      nextSteps: [`Move it to a storage with limits: pct move-volume ${vmid} ${key} <storage>`], data: {vmid, key},
    })
  }
  const {sizeBytes: currentBytes} = await storage.volume(id)
  const sizeBytes = wantedSize(size, currentBytes, 'volume')
  const grown = formatLxcConfig(writeKey(config, key, withVolume(key, text, volume, sizeText(sizeBytes))))
  const commit = grown === guest.file.data ? [] : [storeCommitStep([{path: containerConfigPath(context.node, vmid), was: guest.file, text: grown}])]
  // The file system of an image may have been left behind by a growth that failed half-way.
  if (sizeBytes === currentBytes && format === 'subvol') {
    context.log.info(`${key} has ${sizeText(sizeBytes)} already`)
    return {steps: commit, whenInterrupted: 'finish', result: null}
  }
  const grow: ResizeVolume = {
    kind: 'lxc.resize-volume', vmid, key, volume, sizeBytes, isFolder: format === 'subvol', commands: storage.commands({resize: {id, sizeBytes}}),
    ...(await monitorOf(vmid, context) === undefined ? {} : {isRunning: true}),
  }
  return {steps: [{do: grow}, ...commit], whenInterrupted: 'finish', result: null}
}

/** The lock under which the volume grows. */
export function lockOfResize({volume}: ContainerVolume): string {
  return storageLock(parseVolumeId(volume).storage)
}
