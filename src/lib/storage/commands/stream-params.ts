// Parameters that pvesm export and import share. A file of its own, because both specs are data that loads no code.
import type {Params} from '../../spec/index.ts'

const snapshotPattern = '[a-zA-Z0-9_\\-]{1,40}'

export const streamParams = {
  format: {
    type: 'string', enum: ['raw+size', 'tar+size', 'qcow2+size', 'vmdk+size', 'zfs', 'btrfs'],
    description: 'The form of the stream. Those with +size begin with the size of the disk; zfs and btrfs are what these file systems send.',
  },
  base: {type: 'string', pattern: snapshotPattern, maxLength: 40, optional: true, placeholder: 'snapshot', description: 'The snapshot with which the stream begins: it holds only what has changed since.'},
  'with-snapshots': {type: 'boolean', optional: true, default: false, description: 'The stream holds the snapshots of the volume as well.'},
} as const satisfies Params

export const snapshotParam = {type: 'string', pattern: snapshotPattern, maxLength: 40, optional: true, placeholder: 'snapshot'} as const
