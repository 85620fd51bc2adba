// The options of a `dir` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {chainParam, commonStorageParams, folderStorageParams, mountpointParam} from '../common-params.ts'

/** Those that `pvesm set` takes as well. */
export const dirChangeableParams = {...commonStorageParams, ...folderStorageParams, is_mountpoint: mountpointParam} as const satisfies Params

export const dirParams = {
  path: {type: 'string', format: 'pve-storage-path', placeholder: 'path', completion: 'file', description: 'The folder in which the volumes lie.'},
  'snapshot-as-volume-chain': chainParam,
  ...dirChangeableParams,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const dirFixedParams = ['path', 'snapshot-as-volume-chain'] as const
