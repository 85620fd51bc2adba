// The storage type `lvm`: a volume group of the host, each disk a logical volume laid out whole. It may lie on anything that is a block
// device, so also on one that several hosts see.
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {openLvmStorage} from './lvm-storage.ts'
import {parseLvmVolumeName} from './naming.ts'
import {lvmFixedParams, lvmParams} from './params.ts'
import {withDiskStreams} from '../transfer/image-transfer.ts'

const traits: StorageTraits = {
  content: ['images', 'rootdir'],
  defaultContent: ['images'],
  formats: ['raw'],
  defaultFormat: 'raw',
  shared: false,
  snapshotFormats: [],
  templateFormats: [],
  readsZerosWhenNew: false,
}

export const plugin: StoragePlugin = {
  type: 'lvm',
  params: lvmParams,
  fixed: lvmFixedParams,
  traits,
  parseName: parseLvmVolumeName,
  open: (config, host, clock) => withDiskStreams(openLvmStorage(config, traits, host, clock), host, clock),
}
