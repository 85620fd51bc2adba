// The options of a `zfspool` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {commonStorageParams} from '../common-params.ts'

export const zfspoolParams = {
  pool: {type: 'string', maxLength: 200, placeholder: 'pool[/dataset]', description: 'The ZFS pool, or the dataset in it, in which the volumes are made.'},
  content: commonStorageParams.content,
  nodes: commonStorageParams.nodes,
  disable: commonStorageParams.disable,
  bwlimit: commonStorageParams.bwlimit,
  sparse: {type: 'boolean', optional: true, default: false, description: 'Set no space aside for new disks: they take what is written to them.'},
  blocksize: {
    type: 'string', format: 'pve-storage-zfs-blocksize', optional: true, placeholder: 'size',
    description: 'The block size of new disks (volblocksize), such as 16k. By default what ZFS itself takes.',
  },
  mountpoint: {type: 'string', format: 'pve-storage-path', optional: true, placeholder: 'path', completion: 'file', description: 'Where the pool or dataset is mounted, when that is not /<pool>.'},
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const zfspoolFixedParams = ['pool'] as const
