// The storage type `zfs`: ZFS over iSCSI. Disks are zvols on another host, which exports them; QEMU opens them by its own driver.
import {InvalidInputError} from '../../base/index.ts'
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {withDiskStreams} from '../transfer/image-transfer.ts'
import {parseZfsIscsiName} from './naming.ts'
import {zfsFixedParams, zfsParams} from './params.ts'
import {openZfsIscsiStorage} from './zfs-iscsi-storage.ts'

const traits: StorageTraits = {
  content: ['images'],
  defaultContent: ['images'],
  formats: ['raw'],
  defaultFormat: 'raw',
  shared: true,
  snapshotFormats: ['raw'],
  rollsBackToNewestOnly: true,
  templateFormats: ['raw'],
  readsZerosWhenNew: true,
}

export const plugin: StoragePlugin = {
  type: 'zfs',
  params: zfsParams,
  fixed: zfsFixedParams,
  traits,
  parseName: parseZfsIscsiName,
  secret: {
    option: 'ssh-key', isOfServer: true,
    // Proxmox VE's place: one key for each portal, whatever storages it has.
    storePath: ({portal}) => `priv/zfs/${String(portal).replace(/[^a-zA-Z0-9.:_-]/g, '_')}_id_rsa`,
    fileText: privateKeyText,
  },
  open: (config, host, clock, secret) => withDiskStreams(openZfsIscsiStorage(config, traits, host, clock, secret), host, clock),
}

/** @throws InvalidInputError for a text that is no private key, or one with a passphrase */
function privateKeyText(value: string): string {
  if (!/^-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----$/m.test(value)) {
    throw new InvalidInputError('that file is no private key of SSH', {'ssh-key': 'must hold a private key'}, {nextSteps: ["Make one without a passphrase: ssh-keygen -t ed25519 -N '' -f <file>"]})
  }
  return value.endsWith('\n') ? value : `${value}\n`
}
