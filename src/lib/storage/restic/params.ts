// The options of a `restic` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {backupStorageParams, commonStorageParams, mountedStorageParams, mountpointParam, networkLoginParams} from '../common-params.ts'

export const resticParams = {
  path: {type: 'string', format: 'pve-storage-path', placeholder: 'path', completion: 'file', description: 'The folder of the repository.'},
  server: {...mountedStorageParams.server, optional: true},
  port: {type: 'integer', minimum: 1, maximum: 65_535, optional: true, placeholder: 'port', description: 'The port of the SSH server, where it is not the usual one.'},
  username: networkLoginParams.username,
  'ssh-config': {
    type: 'string', format: 'pve-storage-path', maxLength: 1024, optional: true, placeholder: 'path', completion: 'file',
    description: "A file of the host that ssh(1) reads in place of root's own and the system's configuration: which key it logs in with, which keys of the server it knows.",
  },
  password: networkLoginParams.password,
  is_mountpoint: mountpointParam,
  content: commonStorageParams.content, nodes: commonStorageParams.nodes, disable: commonStorageParams.disable, shared: commonStorageParams.shared,
  ...backupStorageParams,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const resticFixedParams = ['path', 'server'] as const
