// qm.conf: its keys, their reading, and the file. Only keys that reach the guest, or are honoured otherwise, are here.
import type {Params} from '../../../spec/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {cloudInitParams} from './cloud-init.ts'
import {cpuParams} from './cpu.ts'
import {displayParams} from './display.ts'
import {driveParams} from './drives.ts'
import {encryptionParams} from './encryption.ts'
import {firmwareParams} from './firmware.ts'
import {generalParams} from './general.ts'
import {hostDeviceParams} from './host-devices.ts'
import {machineParams} from './machine.ts'
import {memoryParams} from './memory.ts'
import {netParams} from './nets.ts'
import {checkPlainValues as checkPlain} from '../../plain-values.ts'
import {refuse} from '../../unsupported-keys.ts'
import type {UnsupportedKey} from '../../unsupported-keys.ts'
import {portParams} from './ports.ts'
import {virtiofsParams} from './virtiofs.ts'
import {unsupportedKeys as findUnsupported} from './unsupported-keys.ts'

export * from './cloud-init.ts'
export * from './config-file.ts'
export * from './cpu-models.ts'
export * from './cpu.ts'
export * from './display.ts'
export * from './drives.ts'
export * from './encryption.ts'
export * from './firmware.ts'
export * from './general.ts'
export * from './host-devices.ts'
export * from './machine.ts'
export * from './memory.ts'
export * from './nets.ts'
export * from './ports.ts'
export {readFlag, readWholeNumber} from '../../read-properties.ts'
export * from './split-arguments.ts'
export * from './virtiofs.ts'
export type {UnsupportedKey} from '../../unsupported-keys.ts'

/** Every key that `qm create` and `qm set` take, with its schema. */
export const qemuConfigParams = {
  ...cloudInitParams, ...cpuParams, ...displayParams, ...driveParams, ...encryptionParams, ...firmwareParams, ...generalParams, ...hostDeviceParams, ...machineParams,
  ...memoryParams, ...netParams, ...portParams, ...virtiofsParams,
} as const satisfies Params

/** What the configuration asks for that is not carried out: known keys that wait for their turn, and unknown ones. */
export function unsupportedKeys(config: Pick<GuestConfig, 'current'>): UnsupportedKey[] {
  return findUnsupported(config.current.values, qemuConfigParams)
}

/**
 * To be called with the configuration of a guest that is started, or with the values that are about to be written.
 * @throws UnsupportedError naming each key that is not carried out
 */
export function refuseUnsupportedKeys(values: Readonly<Record<string, string>>): void {
  refuse(findUnsupported(values, qemuConfigParams), 'qm')
}

/**
 * Checks what stands in a configuration, apart from property strings, which are checked when they are read.
 * @throws InvalidInputError naming every key whose value is wrong
 */
export function checkPlainValues(values: Readonly<Record<string, string>>): void {
  checkPlain(values, qemuConfigParams)
}
