// The options of an `lvmthin` section as typed values. They come from storage.cfg, which people edit, so each is checked here once more. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {readContentList} from '../content.ts'
import type {Content, StorageConfig} from '../storage.ts'

export interface ThinOptions {
  readonly volumeGroup: string
  readonly thinPool: string
  readonly content: readonly Content[]
}

/** @throws InvalidInputError naming the option */
export function readThinOptions(config: StorageConfig, defaultContent: readonly Content[]): ThinOptions {
  return {
    volumeGroup: readName(config, 'vgname', 'a volume group'), thinPool: readName(config, 'thinpool', 'a thin pool'),
    content: config['content'] === undefined ? defaultContent : readContentList(config['content'], config.storage),
  }
}

/** lvm(8), VALID NAMES. */
function readName(config: StorageConfig, option: string, what: string): string {
  const name = config[option]
  if (typeof name === 'string' && name.length <= 127 && /^[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*$/.test(name) && name !== '.' && name !== '..') return name
  throw new InvalidInputError(`storage '${config.storage}' needs the name of ${what}`, {[option]: `must be the name of ${what}`})
}
