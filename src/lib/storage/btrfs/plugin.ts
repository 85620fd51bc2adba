// The storage type `btrfs`: a folder on a btrfs file system. Raw disks lie in subvolumes of their own, everything else as on `dir`.
import {parseFolderVolumeName} from '../naming.ts'
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {openBtrfsStorage} from './btrfs-storage.ts'
import {btrfsFixedParams, btrfsParams} from './params.ts'

const traits: StorageTraits = {
  content: ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import'],
  defaultContent: ['images', 'rootdir'],
  formats: ['raw', 'qcow2', 'vmdk'],
  defaultFormat: 'raw',
  hasOpenFolders: true,
  shared: false,
  snapshotFormats: ['raw', 'qcow2', 'subvol'],
  templateFormats: ['raw', 'qcow2', 'vmdk', 'subvol'],
  clonesStandAlone: true,
  readsZerosWhenNew: true,
}

export const plugin: StoragePlugin = {
  type: 'btrfs',
  params: btrfsParams,
  fixed: btrfsFixedParams,
  traits,
  parseName: parseFolderVolumeName,
  open: (config, host, clock) => openBtrfsStorage(config, traits, host, clock),
}
