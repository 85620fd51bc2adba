// A volume of a container as the commands on volumes take it: its key, its volume, and what none of them is for. Pure.
import {ConflictError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {ValueSchema} from '../../../spec/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import type {GuestFile} from '../../guest-files.ts'
import {isYes} from '../../guest-files.ts'
import {isUnusedKey, readMountPoint, referencedVolumes} from '../config/index.ts'

const number = '(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])'

/** The key of a volume that is mounted. */
export const mountedVolumeParam = {
  type: 'string', pattern: `^(?:rootfs|mp${number})$`, placeholder: 'volume', description: 'The volume: `rootfs`, `mp0`.',
} as const satisfies ValueSchema
/** The same, unused ones included. */
export const anyVolumeParam = {
  type: 'string', pattern: `^(?:rootfs|(?:mp|unused)${number})$`, placeholder: 'volume', description: 'The volume: `rootfs`, `mp0`, `unused0`.',
} as const satisfies ValueSchema

export interface ContainerVolume {
  readonly key: string
  /** As it stands in the configuration. */
  readonly text: string
  readonly volume: string
}

/**
 * @param parameter the option that named it, for an error
 * @throws NotFoundError, InvalidInputError for a folder or device of the host
 */
export function containerVolume({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, key: string, parameter = 'volume'): ContainerVolume {
  const text = config.current.values[key]
  if (text === undefined) {
    const isWaiting = config.pending[key] !== undefined
    throw new NotFoundError(`container ${vmid} has no volume ${key}${isWaiting ? ' yet: it waits for the next start' : ''}`, {nextSteps: [`See which it has: pct config ${vmid}`]})
  }
  if (isUnusedKey(key)) return {key, text, volume: text.replace(/^volume=/, '')}
  const {type, source} = readMountPoint(key, text)
  if (type !== 'volume') throw new InvalidInputError(`${key} is ${source} of the host, which is no volume of a storage`, {[parameter]: 'is no volume of a storage'})
  return {key, text, volume: source}
}

/** What waits for a start would bring the old volume back. @throws ConflictError */
export function assertNothingWaits({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, key: string): void {
  if (config.pending[key] === undefined && !(key in config.pendingDelete)) return
  throw new ConflictError(`a change of ${key} waits for the next start of container ${vmid}`, {
    nextSteps: [`See it: pct pending ${vmid}`, `Drop it: pct set ${vmid} --revert ${key}`], data: {vmid, key},
  })
}

/** @throws ConflictError: linked clones stand on a template's volumes */
export function assertNoTemplate({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, what: string): void {
  if (!isYes(config.current.values['template'])) return
  throw new ConflictError(`${vmid} is a template, and ${what}`, {nextSteps: [`Make a full clone of it: pct clone ${vmid} NEWID --full`], data: {vmid}})
}

/** Whether a snapshot of the container has the volume. */
export function isInSnapshot(config: GuestConfig, volume: string): boolean {
  return referencedVolumes({...config, current: {values: {}}, pending: {}}).includes(volume)
}
