// How an SMB share is mounted (mount.cifs(8)). The password stands in a file that only root reads. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {mountValue, optionArguments, ownOptions, serverFolder, serverName} from '../mounted/mount-options.ts'
import type {MountPlan} from '../mounted/mounted-storage.ts'
import {mountPath} from '../mounted/mounted-storage.ts'
import type {StorageConfig, StorageSecret} from '../storage.ts'

const versions = ['2.0', '2.1', '3', '3.0', '3.11', 'default']

/** @throws InvalidInputError naming the option that is wrong */
export function cifsMount(config: StorageConfig, secret: StorageSecret | undefined): MountPlan {
  const source = `//${serverName(config)}/${readShare(config)}${serverFolder(config, 'subdir') ?? ''}`
  const user = mountValue(config, 'username')
  const domain = mountValue(config, 'domain')
  // soft: an unanswered request fails in the end instead of waiting for ever.
  const options = [
    'soft', ...(user === undefined ? ['username=guest', 'guest'] : [`username=${user}`, ...(secret === undefined ? [] : [`credentials=${secret.path}`])]),
    domain === undefined ? undefined : `domain=${domain}`, readVersion(config), ...ownOptions(config),
  ]
  return {
    argv: ['mount', '-t', 'cifs', ...optionArguments(options), '--', source, mountPath(config)],
    isOurs: (mount) => mount.source.replace(/(.)\/$/, '$1') === source.replace(/(.)\/$/, '$1'),
    server: `the SMB server ${String(config['server'])}`, package: 'cifs-utils',
  }
}

function readShare(config: StorageConfig): string {
  const share = config['share']
  if (typeof share === 'string' && /^[^\s/\\,\p{Cc}][^/\\,\p{Cc}]{0,79}$/u.test(share)) return share
  throw new InvalidInputError(`storage '${config.storage}' needs the name of a share`, {share: 'must be the name of a share, without slashes'})
}

function readVersion(config: StorageConfig): string | undefined {
  const version = config['smbversion'] ?? 'default'
  if (typeof version !== 'string' || !versions.includes(version)) throw new InvalidInputError(`storage '${config.storage}': smbversion must be one of ${versions.join(', ')}`, {smbversion: `must be one of ${versions.join(', ')}`})
  return version === 'default' ? undefined : `vers=${version}`
}
