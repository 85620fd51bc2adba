// The storage type `lvmthin`: a thin pool in a volume group of the host. Disks take what is written to them; snapshots and clones cost nothing.
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {parseThinName} from './naming.ts'
import {lvmthinFixedParams, lvmthinParams} from './params.ts'
import {openThinStorage} from './thin-storage.ts'
import {withDiskStreams} from '../transfer/image-transfer.ts'

const traits: StorageTraits = {
  content: ['images', 'rootdir'],
  defaultContent: ['images', 'rootdir'],
  formats: ['raw'],
  defaultFormat: 'raw',
  shared: false,
  snapshotFormats: ['raw'],
  templateFormats: ['raw'],
  clonesStandAlone: true,
  readsZerosWhenNew: true,
}

export const plugin: StoragePlugin = {
  type: 'lvmthin',
  params: lvmthinParams,
  fixed: lvmthinFixedParams,
  traits,
  parseName: parseThinName,
  open: (config, host, clock) => withDiskStreams(openThinStorage(config, traits, host), host, clock),
}
