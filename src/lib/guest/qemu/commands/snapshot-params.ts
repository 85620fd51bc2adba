// Parameters that the commands of snapshots share.
import type {Params} from '../../../spec/index.ts'

export const existingSnapshotParam = {
  snapname: {type: 'string', format: 'pve-configid', maxLength: 40, completion: 'snapshot', placeholder: 'snapshot', description: 'The name of the snapshot.'},
} as const satisfies Params
