// pct.conf: its keys, their reading, and the file.
import type {Params} from '../../../spec/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {checkPlainValues as checkPlain} from '../../plain-values.ts'
import {refuse} from '../../unsupported-keys.ts'
import type {UnsupportedKey} from '../../unsupported-keys.ts'
import {deviceParams} from './devices.ts'
import {generalParams} from './general.ts'
import {mountParams} from './mounts.ts'
import {netParams} from './nets.ts'
import {resourceParams} from './resources.ts'
import {unsupportedIn} from './unsupported-keys.ts'

export * from './config-file.ts'
export * from './devices.ts'
export * from './general.ts'
export * from './id-map.ts'
export * from './mounts.ts'
export * from './nets.ts'
export * from './raw-lines.ts'
export * from './resources.ts'

/** Every key that `pct create` and `pct set` take, with its schema. */
export const lxcConfigParams = {...deviceParams, ...generalParams, ...mountParams, ...netParams, ...resourceParams} as const satisfies Params

/** What the configuration asks for that is not carried out: known keys that wait for their turn, and unknown ones. */
export function unsupportedKeys(section: ConfigSection): UnsupportedKey[] {
  return unsupportedIn(section, lxcConfigParams)
}

/**
 * To be called with the configuration of a container that is started, or with the values that are about to be written.
 * @throws UnsupportedError naming each key that is not carried out
 */
export function refuseUnsupportedKeys(section: ConfigSection): void {
  refuse(unsupportedKeys(section), 'pct')
}

/**
 * Checks what stands in a configuration, apart from property strings, which are checked when they are read.
 * @throws InvalidInputError naming every key whose value is wrong
 */
export function checkPlainValues(values: Readonly<Record<string, string>>): void {
  checkPlain(values, lxcConfigParams)
}
