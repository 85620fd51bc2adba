// The storage type `cephfs`: a Ceph file system, mounted by Corral, for files other than disks. Names are those of `dir`.
import {keyText} from '../ceph-cluster.ts'
import {defaultMountPath, openMountedStorage} from '../mounted/mounted-storage.ts'
import {mountedTraits} from '../mounted/traits.ts'
import {parseFolderVolumeName} from '../naming.ts'
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {cephfsMount} from './mount.ts'
import {cephfsFixedParams, cephfsParams} from './params.ts'

const traits: StorageTraits = {...mountedTraits, content: ['vztmpl', 'iso', 'backup', 'snippets', 'import'], defaultContent: ['backup']}

export const plugin: StoragePlugin = {
  type: 'cephfs',
  params: cephfsParams,
  fixed: cephfsFixedParams,
  traits,
  parseName: parseFolderVolumeName,
  secret: {option: 'keyring', storePath: ({storage}) => `priv/ceph/${storage}.secret`, fileText: keyText},
  defaultsFor: (storage) => ({path: defaultMountPath(storage)}),
  open: (config, host, clock, secret, runDir) => openMountedStorage(config, traits, cephfsMount(config, secret), host, clock, {secret, runDir}),
}
