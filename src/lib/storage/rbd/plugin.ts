// The storage type `rbd`: images in a Ceph pool, opened by QEMU's own driver or, with krbd, by the kernel.
import {keyringText} from '../ceph-cluster.ts'
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {parseRbdName} from './naming.ts'
import {rbdFixedParams, rbdParams} from './params.ts'
import {openRbdStorage} from './rbd-storage.ts'
import {withDiskStreams} from '../transfer/image-transfer.ts'

const traits: StorageTraits = {
  content: ['images', 'rootdir'],
  defaultContent: ['images'],
  formats: ['raw'],
  defaultFormat: 'raw',
  shared: true,
  snapshotFormats: ['raw'],
  templateFormats: ['raw'],
  readsZerosWhenNew: true,
}

export const plugin: StoragePlugin = {
  type: 'rbd',
  params: rbdParams,
  fixed: rbdFixedParams,
  traits,
  parseName: parseRbdName,
  secret: {option: 'keyring', storePath: ({storage}) => `priv/ceph/${storage}.keyring`, fileText: keyringText},
  open: (config, host, clock, secret) => withDiskStreams(openRbdStorage(config, traits, host, secret), host, clock),
}
