// The storage type `glusterfs`: a GlusterFS volume, mounted by Corral. Volumes are files in the layout of `dir`; QEMU opens them there too,
// as its own driver for GlusterFS is gone from newer versions.
import {defaultMountPath, openMountedStorage} from '../mounted/mounted-storage.ts'
import {mountedTraits} from '../mounted/traits.ts'
import {parseFolderVolumeName} from '../naming.ts'
import type {StoragePlugin} from '../storage.ts'
import {glusterfsMount} from './mount.ts'
import {glusterfsFixedParams, glusterfsParams} from './params.ts'
import {withFileStreams} from '../transfer/image-transfer.ts'

export const plugin: StoragePlugin = {
  type: 'glusterfs',
  params: glusterfsParams,
  fixed: glusterfsFixedParams,
  traits: mountedTraits,
  parseName: parseFolderVolumeName,
  defaultsFor: (storage) => ({path: defaultMountPath(storage)}),
  open: (config, host, clock, _secret, runDir) => withFileStreams(openMountedStorage(config, mountedTraits, glusterfsMount(config), host, clock, {runDir}), host, clock),
}
