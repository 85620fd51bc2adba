// The options that `pct create` and `pct restore` have in common: the keys of a container, and how it is made.
import type {Params} from '../../../spec/index.ts'
import {std} from '../../../spec/index.ts'
import {lxcConfigParams} from '../config/index.ts'

export const createParams = {
  // Not std.vmid: completion offers, and names stand for, guests that exist.
  vmid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', placeholder: 'vmid', description: 'The number of the new container, unique in the cluster.'},
  ostemplate: {type: 'string', maxLength: 255, placeholder: 'archive', completion: 'volume', description: 'The archive: a volume, or (root only) the path of a file; - for standard input.'},
  ...lxcConfigParams,
  'ignore-unpack-errors': {type: 'boolean', optional: true, description: 'Go on when the archive could not be unpacked whole.'},
  password: {type: 'string', minLength: 5, maxLength: 256, optional: true, secret: true, placeholder: 'password', description: 'The password of root in the container. Only a hash of it is stored, in the container.'},
  pool: {type: 'string', format: 'pve-poolid', optional: true, placeholder: 'pool', description: 'Put the container into this pool, which must exist.'},
  'ssh-public-keys': {type: 'string', maxLength: 65536, multiLine: true, fromFile: true, optional: true, placeholder: 'filepath', description: 'Public keys for SSH, one a line, with which root may log in.'},
  start: {type: 'boolean', optional: true, default: false, description: 'Start the container once it is created.'},
  storage: {...std.storage, optional: true, defaultText: 'local', description: 'The storage for the root file system, of 4 GiB, where `rootfs` is not given.'},
  bwlimit: {type: 'number', minimum: 0, optional: true, placeholder: 'KiB/s', description: 'How much may come out of the archive, in KiB a second; 0 for no limit. What the storages allow without it.'},
  force: {type: 'boolean', optional: true, description: 'Restore in the place of a container that exists. It is kept until the new one is complete; then its volumes are removed.'},
  restore: {type: 'boolean', optional: true, description: 'The archive is a backup: its configuration comes back as well.'},
  unique: {type: 'boolean', optional: true, requires: 'restore', description: 'Give the network interfaces of a restored container new hardware addresses.'},
} as const satisfies Params
