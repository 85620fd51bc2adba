// The storage type `nfs`: a folder that an NFS server exports, mounted by Corral. Volumes are files in the layout of `dir`.
import {defaultMountPath, openMountedStorage} from '../mounted/mounted-storage.ts'
import {mountedTraits} from '../mounted/traits.ts'
import {parseFolderVolumeName} from '../naming.ts'
import type {StoragePlugin} from '../storage.ts'
import {nfsMount} from './mount.ts'
import {nfsFixedParams, nfsParams} from './params.ts'
import {withFileStreams} from '../transfer/image-transfer.ts'

export const plugin: StoragePlugin = {
  type: 'nfs',
  params: nfsParams,
  fixed: nfsFixedParams,
  traits: mountedTraits,
  parseName: parseFolderVolumeName,
  defaultsFor: (storage) => ({path: defaultMountPath(storage)}),
  open: (config, host, clock, _secret, runDir) => withFileStreams(openMountedStorage(config, mountedTraits, nfsMount(config), host, clock, {runDir}), host, clock),
}
