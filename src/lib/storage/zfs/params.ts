// The options of a `zfs` section (ZFS over iSCSI), as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {commonStorageParams, iscsiTargetParams} from '../common-params.ts'
import {zfspoolParams} from '../zfspool/params.ts'

export const zfsParams = {
  ...iscsiTargetParams,
  pool: {...zfspoolParams.pool, description: 'The ZFS pool of the iSCSI server, or the dataset in it, in which the volumes are made.'},
  iscsiprovider: {
    type: 'string', maxLength: 32, placeholder: 'LIO|iet|comstar',
    description: 'The iSCSI target of the server: LIO (the Linux kernel, by targetcli), iet (tgt, by tgtadm) or comstar (illumos, by stmfadm).',
  },
  blocksize: zfspoolParams.blocksize,
  content: {...commonStorageParams.content, description: 'What the storage may hold: images (disks of virtual machines).'},
  nodes: commonStorageParams.nodes,
  disable: commonStorageParams.disable,
  bwlimit: commonStorageParams.bwlimit,
  sparse: zfspoolParams.sparse,
  'zfs-base-path': {
    type: 'string', format: 'pve-storage-path', maxLength: 255, optional: true, placeholder: 'path',
    description: 'The folder in which the server has the devices of volumes: /dev/zvol on Linux, /dev/zvol/rdsk with comstar.',
  },
  lio_tpg: {type: 'string', maxLength: 16, optional: true, placeholder: 'tpg1', description: 'The portal group of the target, such as tpg1. Needed with the provider LIO.'},
  comstar_hg: {type: 'string', maxLength: 128, optional: true, placeholder: 'name', description: 'The host group that sees the volumes, with the provider comstar. All hosts when it is not given.'},
  comstar_tg: {type: 'string', maxLength: 128, optional: true, placeholder: 'name', description: 'The target group through which the volumes are seen, with the provider comstar. All targets when it is not given.'},
  nowritecache: {type: 'boolean', optional: true, default: false, description: 'Switch the write cache of new volumes off on the server, with the provider comstar.'},
  'ssh-key': {
    type: 'string', maxLength: 65_536, multiLine: true, optional: true, secret: true, fromFile: true, placeholder: 'filepath',
    description: "A file with the private key by which root logs in to the server over SSH. Its content is kept apart from storage.cfg, for all storages on that portal. Without it root's own keys are used.",
  },
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const zfsFixedParams = ['portal', 'target', 'pool', 'iscsiprovider', 'blocksize'] as const
