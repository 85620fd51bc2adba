// The storage type `iscsi`: the LUNs of an iSCSI target, opened by the host's kernel (open-iscsi).
import {fixedLunTraits} from '../fixed-luns.ts'
import type {StoragePlugin} from '../storage.ts'
import {withDiskStreams} from '../transfer/image-transfer.ts'
import {openIscsiStorage} from './iscsi-storage.ts'
import {parseScsiVolumeName} from './naming.ts'
import {iscsiFixedParams, iscsiParams} from './params.ts'

export const plugin: StoragePlugin = {
  type: 'iscsi',
  params: iscsiParams,
  fixed: iscsiFixedParams,
  traits: fixedLunTraits,
  parseName: parseScsiVolumeName,
  open: (config, host, clock) => withDiskStreams(openIscsiStorage(config, fixedLunTraits, host, clock), host, clock),
}
