// What folder storages on network file systems can do.
import type {StorageTraits} from '../storage.ts'

export const mountedTraits: StorageTraits = {
  content: ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import'],
  defaultContent: ['images'],
  formats: ['raw', 'qcow2', 'vmdk'],
  defaultFormat: 'raw',
  shared: true,
  snapshotFormats: ['qcow2'],
  templateFormats: ['raw', 'qcow2', 'vmdk'],
  readsZerosWhenNew: true,
}
