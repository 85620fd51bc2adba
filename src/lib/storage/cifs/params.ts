// The options of a `cifs` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {chainParam, commonMountParams, mountedStorageParams, networkLoginParams} from '../common-params.ts'

export const cifsParams = {
  path: mountedStorageParams.path,
  server: mountedStorageParams.server,
  share: {type: 'string', maxLength: 80, placeholder: 'name', description: 'The name of the share on the SMB server.'},
  subdir: mountedStorageParams.subdir,
  username: networkLoginParams.username,
  password: {...networkLoginParams.password, optional: true},
  domain: {type: 'string', maxLength: 256, optional: true, placeholder: 'domain', description: 'The domain (workgroup) of the user.'},
  smbversion: {
    type: 'string', enum: ['default', '2.0', '2.1', '3', '3.0', '3.11'], optional: true, default: 'default',
    description: 'The version of the SMB protocol. By default the highest that both sides know, from 2.1 on.',
  },
  options: mountedStorageParams.options,
  'snapshot-as-volume-chain': chainParam,
  ...commonMountParams,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const cifsFixedParams = ['path', 'server', 'share', 'snapshot-as-volume-chain'] as const
