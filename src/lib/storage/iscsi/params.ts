// The options of an `iscsi` section, as data: they feed the command line, the documents and the checks.
import type {Params} from '../../spec/index.ts'
import {commonStorageParams, iscsiTargetParams} from '../common-params.ts'

export const iscsiParams = {
  ...iscsiTargetParams,
  content: commonStorageParams.content,
  nodes: commonStorageParams.nodes,
  disable: commonStorageParams.disable,
  bwlimit: commonStorageParams.bwlimit,
} as const satisfies Params

/** Only `pvesm add` takes them. */
export const iscsiFixedParams = ['portal', 'target'] as const
