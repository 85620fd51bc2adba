// The options of an `lvmthin` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {commonStorageParams} from '../common-params.ts'
import {lvmParams} from '../lvm/params.ts'

export const lvmthinParams = {
  vgname: lvmParams.vgname,
  thinpool: {
    type: 'string', format: 'pve-storage-vgname', placeholder: 'name',
    description: 'The thin pool in the volume group. It must exist already: lvcreate --type thin-pool makes one.',
  },
  content: commonStorageParams.content,
  nodes: commonStorageParams.nodes,
  disable: commonStorageParams.disable,
  bwlimit: commonStorageParams.bwlimit,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const lvmthinFixedParams = ['vgname', 'thinpool'] as const
