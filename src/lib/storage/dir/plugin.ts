// The storage type `dir`: a folder of the host, on whatever file system it lies. Volumes are files in Proxmox VE's layout.
import {commonStorageParams, folderStorageParams, mountpointParam} from '../common-params.ts'
import {parseFolderVolumeName} from '../naming.ts'
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {openDirStorage} from './dir-storage.ts'

const traits: StorageTraits = {
  content: ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import'],
  defaultContent: ['images', 'rootdir'],
  formats: ['raw', 'qcow2', 'vmdk'],
  defaultFormat: 'raw',
  shared: false,
}

export const plugin: StoragePlugin = {
  type: 'dir',
  params: {
    path: {type: 'string', format: 'pve-storage-path', placeholder: 'path', completion: 'file', description: 'The folder in which the volumes lie.'},
    ...commonStorageParams, ...folderStorageParams, is_mountpoint: mountpointParam,
  },
  fixed: ['path'],
  traits,
  parseName: parseFolderVolumeName,
  open: (config, host, clock) => openDirStorage(config, traits, host, clock),
}
