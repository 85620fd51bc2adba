// Parameters that many commands share, written once: range, words and completion come with them.
import type {ValueSchema} from './schema.ts'

export const std = {
  vmid: {
    type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', completion: 'vmid', placeholder: 'vmid',
    description: 'The number of the guest, unique in the cluster.',
  },
  node: {type: 'string', format: 'pve-node', optional: true, completion: 'node', placeholder: 'node', description: 'The name of the host.'},
  storage: {type: 'string', format: 'pve-storage-id', completion: 'storage', placeholder: 'storage', description: 'The name of the storage.'},
  volume: {type: 'string', completion: 'volume', placeholder: 'volume', description: 'A volume id, such as `local:100/vm-100-disk-0.qcow2`.'},
  upid: {type: 'string', format: 'pve-upid', completion: 'upid', placeholder: 'upid', description: 'The id of a task.'},
  digest: {
    type: 'string', optional: true, maxLength: 64, pattern: '[0-9a-fA-F]*', placeholder: 'digest',
    description: 'Refuse the change when the configuration is no longer the one with this SHA-1 digest.',
  },
  skiplock: {
    type: 'boolean', optional: true,
    description: 'Ignore the lock that the configuration carries. Only root may do this.',
  },
} as const satisfies Record<string, ValueSchema>
