// Passwords and keyrings of storages: options on the command line, files below priv/ in the store, and never a part of storage.cfg.
import {InvalidInputError} from '../base/index.ts'
import type {WantedFile} from '../tasks/index.ts'
import type {StorageContext} from './open-storage.ts'
import type {StorageConfig, StoragePlugin} from './storage.ts'

/** Takes the secret out of the options. */
export function splitSecret(plugin: StoragePlugin, options: Readonly<Record<string, unknown>>): {plain: Record<string, unknown>; secret: string | undefined} {
  const name = plugin.secret?.option
  if (name === undefined) return {plain: {...options}, secret: undefined}
  const {[name]: secret, ...plain} = options
  if (secret !== undefined && (typeof secret !== 'string' || secret === '')) throw new InvalidInputError(`${name} must not be empty`, {[name]: 'is empty'})
  return {plain, secret}
}

/**
 * What becomes of the file that holds a storage's secret: nothing, or one change for storeCommitStep.
 * @param secret undefined to remove it
 * @param isWithStorage the storage is added or removed, which leaves a server's secret alone
 */
export async function secretFile(plugin: StoragePlugin, config: StorageConfig, secret: string | undefined, {store}: Pick<StorageContext, 'store'>, isWithStorage = false): Promise<WantedFile[]> {
  if (plugin.secret === undefined || isWithStorage && secret === undefined && plugin.secret.isOfServer === true) return []
  const path = plugin.secret.storePath(config)
  const was = await store.read(path)
  const text = secret === undefined ? undefined : plugin.secret.fileText(secret)
  return was?.data === text ? [] : [{path, was, text}]
}
