// The options of a `glusterfs` section, as Proxmox VE 8 has them: data that feeds the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {commonMountParams, mountedStorageParams} from '../common-params.ts'

export const glusterfsParams = {
  path: mountedStorageParams.path,
  server: {...mountedStorageParams.server, optional: true},
  server2: {
    type: 'string', format: 'pve-storage-server', optional: true, placeholder: 'host', requires: 'server',
    description: 'Another server of the volume, which is asked when the first one does not answer.',
  },
  volume: {type: 'string', maxLength: 255, placeholder: 'name', description: 'The GlusterFS volume.'},
  transport: {type: 'string', enum: ['tcp', 'rdma', 'unix'], optional: true, description: 'How the servers are spoken to.'},
  ...commonMountParams,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const glusterfsFixedParams = ['path', 'volume'] as const
