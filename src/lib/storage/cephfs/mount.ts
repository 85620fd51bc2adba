// How a Ceph file system is mounted: by the kernel (mount.ceph(8)) or by FUSE (mount.fuse.ceph(8)). The key stands in a file that only root
// reads. Pure.
import {monitorText, readCephUser, readMonitors} from '../ceph-cluster.ts'
import {mountValue, optionArguments, ownOptions, serverFolder} from '../mounted/mount-options.ts'
import type {MountPlan} from '../mounted/mounted-storage.ts'
import {mountPath} from '../mounted/mounted-storage.ts'
import {isTrue} from '../option-values.ts'
import type {StorageConfig, StorageSecret} from '../storage.ts'

/** @throws InvalidInputError naming the option that is wrong */
export function cephfsMount(config: StorageConfig, secret: StorageSecret | undefined): MountPlan {
  const monitors = readMonitors(config).map(monitorText)
  const isFuse = isTrue(config['fuse'])
  return {
    argv: isFuse ? fuseArgv(config, monitors, secret) : kernelArgv(config, monitors, secret),
    isOurs: ({fsType}) => fsType === (isFuse ? 'fuse.ceph-fuse' : 'ceph'),
    server: `the Ceph cluster${monitors.length === 0 ? ' of this host' : ` at ${monitors.join(', ')}`}`, package: isFuse ? 'ceph-fuse' : 'ceph-common',
  }
}

function kernelArgv(config: StorageConfig, monitors: readonly string[], secret: StorageSecret | undefined): string[] {
  const name = mountValue(config, 'fs-name')
  const options = [
    `name=${readCephUser(config)}`, secret === undefined ? undefined : `secretfile=${secret.path}`, name === undefined ? undefined : `fs=${name}`, ...ownOptions(config),
  ]
  return ['mount', '-t', 'ceph', ...optionArguments(options), '--', `${monitors.join(',')}:${serverFolder(config, 'subdir') ?? '/'}`, mountPath(config)]
}

/** The FUSE client takes the monitors from its configuration or by its own option. */
function fuseArgv(config: StorageConfig, monitors: readonly string[], secret: StorageSecret | undefined): string[] {
  const name = mountValue(config, 'fs-name')
  const folder = serverFolder(config, 'subdir')
  return [
    'ceph-fuse', '--id', readCephUser(config), ...monitors.length === 0 ? [] : ['-m', monitors.join(',')], ...secret === undefined ? [] : ['--keyfile', secret.path],
    ...name === undefined ? [] : ['--client_fs', name], ...folder === undefined ? [] : ['-r', folder], ...optionArguments(ownOptions(config)), mountPath(config),
  ]
}
