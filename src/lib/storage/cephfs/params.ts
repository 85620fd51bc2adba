// The options of a `cephfs` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {backupStorageParams, cephParams, commonStorageParams, folderStorageParams, mountedStorageParams, networkLoginParams} from '../common-params.ts'

export const cephfsParams = {
  path: mountedStorageParams.path,
  monhost: cephParams.monhost,
  keyring: cephParams.keyring,
  username: networkLoginParams.username,
  'fs-name': {type: 'string', format: 'pve-configid', optional: true, placeholder: 'name', description: 'The name of the Ceph file system, for clusters with several.'},
  subdir: mountedStorageParams.subdir,
  fuse: {type: 'boolean', optional: true, default: false, description: 'Mount it by the FUSE client (ceph-fuse) instead of the kernel.'},
  options: mountedStorageParams.options,
  content: commonStorageParams.content,
  nodes: commonStorageParams.nodes,
  disable: commonStorageParams.disable,
  bwlimit: commonStorageParams.bwlimit,
  ...backupStorageParams,
  'content-dirs': folderStorageParams['content-dirs'],
  'create-base-path': folderStorageParams['create-base-path'],
  'create-subdirs': folderStorageParams['create-subdirs'],
  mkdir: folderStorageParams.mkdir,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const cephfsFixedParams = ['path'] as const
