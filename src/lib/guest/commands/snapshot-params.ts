// Parameters and results that the commands of snapshots share.
import type {Params, ValueSchema} from '../../spec/index.ts'

export const existingSnapshotParam = {
  snapname: {type: 'string', format: 'pve-configid', maxLength: 40, completion: 'snapshot', placeholder: 'snapshot', description: 'The name of the snapshot.'},
} as const satisfies Params

/** What the lists give. */
export const listedSnapshots = {
  type: 'array', description: 'The snapshots, oldest first, then the guest as it is now under the name `current`.',
  items: {
    type: 'object',
    properties: {
      name: {type: 'string', description: 'The name; `current` for the guest as it is now.'},
      description: {type: 'string', description: 'The notes on it.'},
      snaptime: {type: 'integer', minimum: 0, optional: true, description: 'When it was taken, in seconds since 1970.'},
      parent: {type: 'string', optional: true, description: 'The snapshot that it stands on.'},
      vmstate: {type: 'integer', minimum: 0, maximum: 1, optional: true, description: '1 when it has the memory of the running machine.'},
      snapstate: {type: 'string', optional: true, description: '`prepare` or `delete` for one that is half taken or half removed.'},
      running: {type: 'integer', minimum: 0, maximum: 1, optional: true, description: 'Of `current`: 1 when the guest runs.'},
      digest: {type: 'string', optional: true, description: 'Of `current`: the SHA-1 digest of the configuration.'},
    },
  },
} as const satisfies ValueSchema
