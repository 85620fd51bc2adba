// Parameters that the commands share which make something on disks, or destroy it.
import type {ValueSchema} from '../../../spec/index.ts'
import {devicePattern} from './params.ts'

export const deviceParam = {
  type: 'string', pattern: devicePattern, completion: 'file', placeholder: 'device', description: 'The blank disk or partition. What is on it is named and keeps it from being taken.',
} as const satisfies ValueSchema

export function newNameParam<const D extends string>(description: D) {
  return {type: 'string', format: 'pve-storage-id', completion: 'new', placeholder: 'name', description} as const satisfies ValueSchema
}

export function nameParam<const D extends string>(description: D) {
  return {type: 'string', format: 'pve-storage-id', placeholder: 'name', description} as const satisfies ValueSchema
}

export const addStorageParam = {
  type: 'boolean', optional: true, default: false, description: 'Add a storage of the same name for this host, as `pvesm add` does.',
} as const satisfies ValueSchema

export const cleanupParams = {
  'cleanup-config': {
    type: 'boolean', optional: true, default: false, description: 'Take the storages that lie on it out of storage.cfg, or, where they are on other hosts as well, this host out of them.',
  },
  'cleanup-disks': {type: 'boolean', optional: true, default: false, description: 'Make its disks blank, so that they can be taken for something else.'},
} as const satisfies Record<string, ValueSchema>
