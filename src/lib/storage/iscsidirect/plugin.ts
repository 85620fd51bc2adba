// The storage type `iscsidirect`: the LUNs of an iSCSI target, which QEMU opens by its own driver, without the kernel's.
import {fixedLunTraits} from '../fixed-luns.ts'
import type {StoragePlugin} from '../storage.ts'
import {withDiskStreams} from '../transfer/image-transfer.ts'
import {openDirectStorage} from './direct-storage.ts'
import {parseLunName} from './naming.ts'
import {iscsidirectFixedParams, iscsidirectParams} from './params.ts'

export const plugin: StoragePlugin = {
  type: 'iscsidirect',
  params: iscsidirectParams,
  fixed: iscsidirectFixedParams,
  traits: fixedLunTraits,
  parseName: parseLunName,
  open: (config, host, clock) => withDiskStreams(openDirectStorage(config, fixedLunTraits, host), host, clock),
}
