// The options of an `lvm` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {commonStorageParams, lvmChainParam} from '../common-params.ts'

/** Those that `pvesm set` takes as well. */
export const lvmChangeableParams = {
  ...commonStorageParams,
  'snapshot-as-volume-chain': lvmChainParam,
  tagged_only: {
    type: 'boolean', optional: true, default: false,
    description: 'Show and use only those logical volumes that carry the tag of a guest (pve-vm-<vmid>), as every volume made here does. For volume groups that hold other things too.',
  },
  saferemove: {
    type: 'boolean', optional: true, default: false,
    description: 'Overwrite a volume with zeros before it is removed, so that the next volume at that place does not show the data of the old one.',
  },
  'saferemove-stepsize': {
    type: 'integer', enum: [1, 2, 4, 8, 16, 32], optional: true, default: 32, placeholder: 'MiB',
    description: 'How much is overwritten at a time when saferemove is on, in MiB. Smaller steps leave more room for others on slow disks.',
  },
  saferemove_throughput: {
    type: 'string', pattern: '^-?[1-9][0-9]{0,14}$', maxLength: 16, optional: true, placeholder: 'bytes/s',
    description: 'How fast volumes are overwritten at most when saferemove is on, in bytes per second. A minus sign before the number, as Proxmox VE writes it, changes nothing.',
  },
} as const satisfies Params

export const lvmParams = {
  vgname: {
    type: 'string', format: 'pve-storage-vgname', placeholder: 'name',
    description: 'The volume group in which the volumes are made. It must exist already, unless --base says where to make it: vgcreate makes one.',
  },
  base: {
    type: 'string', format: 'pve-volume-id', maxLength: 1200, optional: true, placeholder: 'volume',
    description: 'The LUN on which the volume group lies, a volume of a storage of type iscsi: the host logs in to its target before it looks for the group. A group that is not there is made on it, if nothing else is.',
  },
  ...lvmChangeableParams,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const lvmFixedParams = ['vgname', 'base'] as const
