// Drives as trees of block nodes (-blockdev), the way of boards since 10.0: a throttle on top, the image format below it, then the
// file, device or server. The names of the nodes follow from drive and volume, so that jobs find them again.
import {createHash} from 'node:crypto'
import {UnsupportedError} from '../../../base/index.ts'
import {isCdrom} from '../config/index.ts'
import type {Drive} from '../config/index.ts'
import {aioMode, bypassesHostCache, detectZeroes} from './drive-caching.ts'
import type {DriveBacking} from './input.ts'
import {throttleLimits} from './throttling.ts'

export interface DriveNodes { readonly throttleGroup: Readonly<Record<string, unknown>>; readonly blockdev: Readonly<Record<string, unknown>> }

export interface NodeOptions {
  readonly isReadOnly: boolean
  readonly hasIoUring: boolean
  /** Shows only this much of a raw image, for firmware variables, whose volume is larger than they are. */
  readonly sizeBytes?: number
  /** Leaves the throttle out: SCSI commands would not get past it. */
  readonly isPassedThrough?: boolean
}

/** @throws UnsupportedError for `snapshot=1`, which -blockdev cannot do */
export function driveNodes(drive: Drive, backing: DriveBacking, options: NodeOptions): DriveNodes {
  if (drive.snapshot === true) {
    throw new UnsupportedError(`'snapshot' of '${drive.key}' needs a machine version before 10.0`, {data: {key: `${drive.key}.snapshot`}})
  }
  const isReadOnly = drive.ro === true || isCdrom(drive) || options.isReadOnly
  const cache = {direct: bypassesHostCache(drive, backing.storage), 'no-flush': drive.cache === 'unsafe'}
  const writing = isCdrom(drive) ? {} : {discard: drive.discard === 'on' ? 'unmap' : 'ignore', 'detect-zeroes': detectZeroes(drive)}
  const common = {'read-only': isReadOnly, ...writing}
  const hasAio = ['file', 'host_device', 'host_cdrom'].includes(backing.source.protocol.driver)
  const group = throttleGroupName(drive.key)
  const file = {
    ...backing.source.protocol, ...common, cache,
    ...(hasAio ? {aio: aioMode(drive, backing.storage, cache.direct, options.hasIoUring)} : {}),
    'node-name': nodeName('e', drive),
  }
  const size = options.sizeBytes !== undefined && backing.source.format === 'raw' ? {size: options.sizeBytes} : {}
  const format = {driver: backing.source.format, ...common, cache, file, ...size, ...(backing.below === undefined ? {} : {backing: belowNodeName(drive.key)}), 'node-name': nodeName('f', drive)}
  if (options.isPassedThrough === true) return {throttleGroup: {}, blockdev: {...format, 'node-name': `drive-${drive.key}`}}
  return {
    throttleGroup: {'qom-type': 'throttle-group', id: group, limits: throttleLimits(drive)},
    blockdev: {driver: 'throttle', ...common, 'throttle-group': group, file: format, 'node-name': `drive-${drive.key}`},
  }
}

/** The name of the node of a drive's image: below the throttle, above the file. */
export function imageNodeName(drive: Pick<Drive, 'key' | 'file'>): string {
  return nodeName('f', drive)
}

/** The name of the node of the image from elsewhere that a drive is being filled from. */
export function belowNodeName(key: string): string {
  return `import-${key}`
}

/** That image as an argument of its own, so that it can be let go of. Nothing is written to it. */
export function belowNode(key: string, {below}: DriveBacking): Readonly<Record<string, unknown>> | undefined {
  return below === undefined ? undefined : {...below, 'read-only': true, 'node-name': belowNodeName(key)}
}

function throttleGroupName(key: string): string {
  return `throttle-drive-${key}`
}

/** Where QEMU's object model has the limits of a drive. */
export function throttleGroupOf(key: string): string {
  return `/objects/${throttleGroupName(key)}`
}

/** A letter for the layer and 30 digits of a hash: node names end at 31 characters and begin with a letter. */
function nodeName(layer: 'e' | 'f', drive: Pick<Drive, 'key' | 'file'>): string {
  return layer + createHash('sha256').update(`drive=${drive.key},volid=${drive.file}`).digest('hex').slice(0, 30)
}
