// The rules for the backups of a storage, as its section says them.
import {InvalidInputError} from '../../base/index.ts'
import type {StorageConfig} from '../storage.ts'
import type {Retention} from './retention.ts'
import {parseRetention} from './retention.ts'

/**
 * The option `prune-backups`, else `maxfiles`, its predecessor in older files. Pure.
 * @returns undefined when the section says nothing
 * @throws InvalidInputError when it cannot be read
 */
export function storageRetention(config: StorageConfig): Retention | undefined {
  const {'prune-backups': rules, maxfiles} = config
  if (typeof rules === 'string') {
    try {
      return parseRetention(rules)
    } catch (error) {
      throw new InvalidInputError(`storage '${config.storage}': the option 'prune-backups' cannot be read`, {'prune-backups': 'is wrong'}, {cause: error})
    }
  }
  // 0 set no limit.
  return typeof maxfiles === 'number' ? {'keep-last': maxfiles} : undefined
}
