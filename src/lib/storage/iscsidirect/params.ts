// The options of an `iscsidirect` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {commonStorageParams, iscsiTargetParams} from '../common-params.ts'

export const iscsidirectParams = {
  ...iscsiTargetParams,
  content: commonStorageParams.content,
  nodes: commonStorageParams.nodes,
  disable: commonStorageParams.disable,
  bwlimit: commonStorageParams.bwlimit,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const iscsidirectFixedParams = ['portal', 'target'] as const
