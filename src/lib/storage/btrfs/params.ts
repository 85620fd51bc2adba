// The options of a `btrfs` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {backupStorageParams, commonStorageParams, folderStorageParams, mountpointParam} from '../common-params.ts'
import {dirParams} from '../dir/params.ts'

const {'create-base-path': createBasePath, 'create-subdirs': createSubdirs, mkdir, format, preallocation} = folderStorageParams

export const btrfsParams = {
  path: dirParams.path,
  ...commonStorageParams,
  ...backupStorageParams,
  'create-base-path': createBasePath,
  'create-subdirs': createSubdirs,
  mkdir,
  format,
  preallocation,
  is_mountpoint: mountpointParam,
  nocow: {
    type: 'boolean', optional: true, default: false,
    description: 'Write disks in place instead of copying on write. Faster, and QEMU can go past the cache of the host; but btrfs keeps no checksums of them then.',
  },
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const btrfsFixedParams = ['path'] as const
