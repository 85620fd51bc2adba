// The options of an `nfs` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {chainParam, commonMountParams, mountedStorageParams} from '../common-params.ts'

export const nfsParams = {
  path: mountedStorageParams.path,
  server: mountedStorageParams.server,
  export: {type: 'string', format: 'pve-storage-path', maxLength: 1024, placeholder: 'path', description: 'The path that the NFS server exports.'},
  options: mountedStorageParams.options,
  'snapshot-as-volume-chain': chainParam,
  ...commonMountParams,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const nfsFixedParams = ['path', 'server', 'export', 'snapshot-as-volume-chain'] as const
