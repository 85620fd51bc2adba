// The storage type `dir`: a folder of the host, on whatever file system it lies. Volumes are files in Proxmox VE's layout.
import {parseFolderVolumeName} from '../naming.ts'
import {checkFolderAnswers} from '../answering.ts'
import {guarded} from '../guarded.ts'
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {openDirStorage} from './dir-storage.ts'
import {dirFixedParams, dirParams} from './params.ts'
import {withFileStreams} from '../transfer/image-transfer.ts'

const traits: StorageTraits = {
  content: ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import'],
  defaultContent: ['images', 'rootdir'],
  formats: ['raw', 'qcow2', 'vmdk'],
  defaultFormat: 'raw',
  hasOpenFolders: true,
  shared: false,
  snapshotFormats: ['qcow2'],
  templateFormats: ['raw', 'qcow2', 'vmdk'],
  readsZerosWhenNew: true,
}

export const plugin: StoragePlugin = {
  type: 'dir',
  params: dirParams,
  fixed: dirFixedParams,
  traits,
  parseName: parseFolderVolumeName,
  open: (config, host, clock) => {
    const path = typeof config['path'] === 'string' ? config['path'] : ''
    const storage = guarded(openDirStorage(config, traits, host, clock), () => checkFolderAnswers({host, storage: config.storage, path}))
    return withFileStreams(storage, host, clock)
  },
}
