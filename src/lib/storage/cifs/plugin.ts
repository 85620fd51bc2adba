// The storage type `cifs`: an SMB share, mounted by Corral. Volumes are files in the layout of `dir`.
import {InvalidInputError} from '../../base/index.ts'
import {defaultMountPath, openMountedStorage} from '../mounted/mounted-storage.ts'
import {mountedTraits} from '../mounted/traits.ts'
import {parseFolderVolumeName} from '../naming.ts'
import type {StoragePlugin} from '../storage.ts'
import {cifsMount} from './mount.ts'
import {cifsFixedParams, cifsParams} from './params.ts'
import {withFileStreams} from '../transfer/image-transfer.ts'

export const plugin: StoragePlugin = {
  type: 'cifs',
  params: cifsParams,
  fixed: cifsFixedParams,
  traits: mountedTraits,
  parseName: parseFolderVolumeName,
  secret: {option: 'password', storePath: ({storage}) => `priv/storage/${storage}.pw`, fileText: credentials},
  defaultsFor: (storage) => ({path: defaultMountPath(storage)}),
  open: (config, host, clock, secret, runDir) => withFileStreams(openMountedStorage(config, mountedTraits, cifsMount(config, secret), host, clock, {secret, runDir}), host, clock),
}

/** The file that mount.cifs(8) reads by the option `credentials`, which is also what Proxmox VE keeps. */
function credentials(password: string): string {
  if (/[\r\n\0]/.test(password)) throw new InvalidInputError('a password for SMB has no line breaks', {password: 'must be one line'})
  return `password=${password}\n`
}
