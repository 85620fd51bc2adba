// How a GlusterFS volume is mounted (mount.glusterfs(8)): by its FUSE client. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {optionArguments, serverName} from '../mounted/mount-options.ts'
import type {MountPlan} from '../mounted/mounted-storage.ts'
import {mountPath} from '../mounted/mounted-storage.ts'
import type {StorageConfig} from '../storage.ts'

const transports = ['tcp', 'rdma', 'unix']

/** @throws InvalidInputError naming the option that is wrong */
export function glusterfsMount(config: StorageConfig): MountPlan {
  const volume = config['volume']
  if (typeof volume !== 'string' || !/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}$/.test(volume)) {
    throw new InvalidInputError(`storage '${config.storage}' needs the name of a GlusterFS volume`, {volume: 'must be the name of a volume'})
  }
  const transport = config['transport']
  if (transport !== undefined && (typeof transport !== 'string' || !transports.includes(transport))) {
    throw new InvalidInputError(`storage '${config.storage}': transport must be one of ${transports.join(', ')}`, {transport: `must be one of ${transports.join(', ')}`})
  }
  // Without a server it is this host, as in Proxmox VE.
  const server = config['server'] === undefined ? 'localhost' : serverName(config)
  const options = [
    config['server2'] === undefined ? undefined : `backup-volfile-servers=${serverName(config, 'server2')}`,
    transport === undefined ? undefined : `transport=${transport}`,
  ]
  return {
    argv: ['mount', '-t', 'glusterfs', ...optionArguments(options), '--', `${server}:${volume}`, mountPath(config)],
    isOurs: ({fsType, source}) => fsType === 'fuse.glusterfs' && (source === volume || source.endsWith(`:${volume}`) || source.endsWith(`:/${volume}`)),
    server: `the GlusterFS server ${server}`, package: 'glusterfs-client',
  }
}
