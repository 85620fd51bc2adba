// How an NFS export is mounted (nfs(5), mount.nfs(8)). Pure.
import {InvalidInputError} from '../../base/index.ts'
import {optionArguments, ownOptions, serverFolder, serverName} from '../mounted/mount-options.ts'
import type {MountPlan} from '../mounted/mounted-storage.ts'
import {mountPath} from '../mounted/mounted-storage.ts'
import type {StorageConfig} from '../storage.ts'

/** @throws InvalidInputError naming the option that is wrong */
export function nfsMount(config: StorageConfig): MountPlan {
  const folder = serverFolder(config, 'export')
  if (folder === undefined) throw new InvalidInputError(`storage '${config.storage}' needs the path that the server exports`, {export: 'is missing'})
  const source = `${serverName(config)}:${folder}`
  return {
    argv: ['mount', '-t', 'nfs', ...optionArguments(ownOptions(config)), '--', source, mountPath(config)],
    isOurs: (mount) => mount.source.replace(/(.)\/$/, '$1') === source,
    server: `the NFS server ${String(config['server'])}`, package: 'nfs-common',
  }
}
