// The options of an `rbd` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {cephParams, commonStorageParams, networkLoginParams} from '../common-params.ts'

export const rbdParams = {
  content: commonStorageParams.content,
  nodes: commonStorageParams.nodes,
  disable: commonStorageParams.disable,
  bwlimit: commonStorageParams.bwlimit,
  ...cephParams,
  username: networkLoginParams.username,
  pool: {type: 'string', maxLength: 128, optional: true, placeholder: 'name', description: 'The pool in which the volumes are made (for rbd, the pool rbd when it is not given).'},
  namespace: {type: 'string', maxLength: 128, optional: true, placeholder: 'name', description: 'The namespace within the pool. It must exist already: rbd namespace create makes one.'},
  'data-pool': {type: 'string', maxLength: 128, optional: true, placeholder: 'name', description: 'The pool for the data of new volumes, when it is another one, such as an erasure-coded pool.'},
  krbd: {
    type: 'boolean', optional: true, default: false,
    description: "Let the host's kernel open the volumes, as block devices, instead of QEMU.",
  },
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const rbdFixedParams = [] as const
