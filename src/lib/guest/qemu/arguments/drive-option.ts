// Drives as one option string (-drive), the way of boards before 10.0, which their guests keep.
import {UnsupportedError} from '../../../base/index.ts'
import {isCdrom} from '../config/index.ts'
import type {Drive} from '../config/index.ts'
import {aioMode, bypassesHostCache, detectZeroes} from './drive-caching.ts'
import {belowNodeName} from './drive-nodes.ts'
import type {DriveBacking} from './input.ts'
import {optionList} from './option-text.ts'
import type {OptionValue} from './option-text.ts'
import {throttleLimits} from './throttling.ts'

export interface DriveOptionContext { readonly isReadOnly: boolean; readonly hasIoUring: boolean }

/** `backing` is undefined for an empty CD-ROM drive. */
export function driveOption(drive: Drive, backing: DriveBacking | undefined, context: DriveOptionContext): string {
  const isDirect = bypassesHostCache(drive, backing?.storage)
  const throttling = Object.fromEntries(Object.entries(throttleLimits(drive)).map(([name, value]) => [`throttling.${name}`, value]))
  return optionList({
    ...(backing === undefined ? {} : sourceOptions(drive, backing)),
    if: 'none',
    id: `drive-${drive.key}`,
    media: drive.media,
    cache: drive.cache ?? (isDirect ? 'none' : undefined),
    rerror: drive.rerror,
    werror: drive.werror,
    discard: drive.discard,
    snapshot: drive.snapshot,
    readonly: drive.ro ?? (context.isReadOnly ? true : undefined),
    ...throttling,
    format: backing?.source.format,
    backing: backing?.below === undefined ? undefined : belowNodeName(drive.key),
    aio: aioMode(drive, backing?.storage, isDirect, context.hasIoUring),
    'detect-zeroes': isCdrom(drive) ? undefined : detectZeroes(drive),
  })
}

/** A file or device by its path; anything else by the options of its driver, nested ones with dots. */
export function sourceOptions(drive: Pick<Drive, 'key'>, backing: DriveBacking): Record<string, OptionValue> {
  const {driver, ...options} = backing.source.protocol
  const filename: unknown = options['filename']
  if (['file', 'host_device', 'host_cdrom'].includes(driver) && typeof filename === 'string') return {file: filename}
  const flat: Record<string, OptionValue> = {'file.driver': driver}
  const flatten = (prefix: string, value: unknown) => {
    if (value !== null && typeof value === 'object') for (const [key, member] of Object.entries(value)) flatten(`${prefix}.${key}`, member)
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') flat[prefix] = value
    else throw new UnsupportedError(`the storage of '${drive.key}' cannot be used with a machine version before 10.0`, {data: {key: drive.key}})
  }
  for (const [key, value] of Object.entries(options)) flatten(`file.${key}`, value)
  return flat
}
