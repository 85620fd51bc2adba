// Parameters that the commands on all guests share.
import type {ValueSchema} from '../../spec/index.ts'

export const maxWorkers = {type: 'integer', minimum: 1, maximum: 64, optional: true, placeholder: 'number'} as const satisfies ValueSchema

export const vms = {
  type: 'string', format: 'pve-vmid-list', optional: true, placeholder: 'vmid[,vmid…]', completion: 'vmid',
  description: 'Only these guests.',
} as const satisfies ValueSchema
