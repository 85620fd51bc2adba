// The storage type `restic`: a repository in the format of restic, in a folder of the host or on an SFTP server. It holds backups and nothing else.
import {InvalidInputError} from '../../base/index.ts'
import {parseBackupName} from '../repository/backup-name.ts'
import type {StoragePlugin, StorageTraits} from '../storage.ts'
import {resticFixedParams, resticParams} from './params.ts'
import {openResticStorage} from './restic-storage.ts'

const traits: StorageTraits = {
  content: ['backup'],
  defaultContent: ['backup'],
  formats: [],
  defaultFormat: 'raw',
  shared: false,
  snapshotFormats: [],
  templateFormats: [],
  readsZerosWhenNew: false,
}

export const plugin: StoragePlugin = {
  type: 'restic',
  params: resticParams,
  fixed: resticFixedParams,
  traits,
  parseName: parseBackupName,
  secret: {option: 'password', storePath: ({storage}) => `priv/storage/${storage}.pw`, fileText: passwordFile},
  open: (config, host, clock, secret) => openResticStorage(config, traits, host, clock, secret),
}

/** restic reads the first line. */
function passwordFile(password: string): string {
  if (/[\r\n\0]/.test(password)) throw new InvalidInputError('a password of a repository has no line breaks', {password: 'must be one line'})
  return `${password}\n`
}
