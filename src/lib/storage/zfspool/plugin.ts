// The storage type `zfspool`: a ZFS pool of the host, or a dataset in one. Disks are zvols, folders of containers file systems.
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {parseZfsName} from './naming.ts'
import {zfspoolFixedParams, zfspoolParams} from './params.ts'
import {openZfsStorage} from './zfs-storage.ts'

const traits: StorageTraits = {
  content: ['images', 'rootdir'],
  defaultContent: ['images', 'rootdir'],
  formats: ['raw', 'subvol'],
  defaultFormat: 'raw',
  shared: false,
  snapshotFormats: ['raw', 'subvol'],
  rollsBackToNewestOnly: true,
  templateFormats: ['raw', 'subvol'],
  replicationFormats: ['raw', 'subvol'],
  readsZerosWhenNew: true,
}

export const plugin: StoragePlugin = {
  type: 'zfspool',
  params: zfspoolParams,
  fixed: zfspoolFixedParams,
  traits,
  parseName: parseZfsName,
  open: (config, host, clock) => openZfsStorage(config, traits, host, clock),
}
