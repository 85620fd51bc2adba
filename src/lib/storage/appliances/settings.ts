// Where indexes of container templates are, and whose signature they must have: `aplinfo.cfg` in the store, a `key: value` a line.
import {InvalidInputError} from '../../base/index.ts'
import {readDownloadUrl} from '../../host/download/fetch.ts'
import type {Store, StoredFile} from '../../store/index.ts'

export const settingsPath = 'aplinfo.cfg'

export interface IndexSettings {
  /** Addresses, or absolute paths of files on the host. */
  readonly indexes: readonly string[]
  /** A keyring of the host for gpgv; without it signatures are not looked at. */
  readonly keyring?: string
}

export async function readIndexSettings(store: Store): Promise<{readonly file: StoredFile | undefined; readonly settings: IndexSettings}> {
  const file = await store.read(settingsPath)
  return {file, settings: parseIndexSettings(file?.data ?? '')}
}

/** Pure. Lines that are none are passed over. */
export function parseIndexSettings(text: string): IndexSettings {
  const values = (wanted: string) => text.split('\n').flatMap((line) => { const at = line.indexOf(': '); return at > 0 && line.slice(0, at) === wanted && line.slice(at + 2).trim() !== '' ? [line.slice(at + 2).trim()] : [] })
  const keyring = values('keyring')[0]
  return {indexes: values('index'), ...(keyring === undefined ? {} : {keyring})}
}

/** Pure. */
export function formatIndexSettings({indexes, keyring}: IndexSettings): string {
  return [...indexes.map((index) => `index: ${index}`), ...keyring === undefined ? [] : [`keyring: ${keyring}`]].map((line) => `${line}\n`).join('')
}

/** @throws InvalidInputError for what is neither an address nor an absolute path */
export function checkIndex(index: string): string {
  if (/[\s\p{Cc}]/u.test(index)) throw new InvalidInputError('the address of an index may hold no blanks', {index: 'holds a blank'})
  if (!index.startsWith('/')) readDownloadUrl(index)
  return index
}
