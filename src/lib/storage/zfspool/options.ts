// The options of a `zfspool` section as typed values. They come from storage.cfg, which people edit, so each is checked here once more. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {readContentList} from '../content.ts'
import {isTrue} from '../option-values.ts'
import type {Content, StorageConfig} from '../storage.ts'

export interface ZfsOptions {
  /** A pool or a dataset in one. */
  readonly pool: string
  readonly sparse: boolean
  readonly blockSize: string | undefined
  readonly mountpoint: string
  readonly content: readonly Content[]
}

/** @throws InvalidInputError naming the option */
export function readZfsOptions(config: StorageConfig, defaultContent: readonly Content[]): ZfsOptions {
  const pool = readPool(config)
  return {
    pool, sparse: isTrue(config['sparse']), blockSize: readBlockSize(config), mountpoint: readMountpoint(config) ?? `/${pool}`,
    content: config['content'] === undefined ? defaultContent : readContentList(config['content'], config.storage),
  }
}

/** zpoolconcepts(7) and zfs(8), "ZFS File System Hierarchy": parts of letters, digits and `-_.:`, a letter first for the pool. */
function readPool(config: StorageConfig): string {
  const pool = config['pool']
  if (typeof pool === 'string' && pool.length <= 200 && /^[a-zA-Z][a-zA-Z0-9_.:-]*(?:\/[a-zA-Z0-9_][a-zA-Z0-9_.:-]*)*$/.test(pool)) return pool
  throw new InvalidInputError(`storage '${config.storage}' needs the name of a ZFS pool or dataset`, {pool: 'must be the name of a pool or dataset'})
}

function readBlockSize(config: StorageConfig): string | undefined {
  const size = config['blocksize']
  if (size === undefined) return undefined
  if (typeof size === 'string' && /^[1-9]\d{0,9}[kKmM]?$/.test(size)) return size
  throw new InvalidInputError(`storage '${config.storage}': blocksize must be a size such as 16k`, {blocksize: 'must be a size such as 16k'})
}

function readMountpoint(config: StorageConfig): string | undefined {
  const path = config['mountpoint']
  if (path === undefined) return undefined
  if (typeof path === 'string' && path.startsWith('/') && !/\p{Cc}/u.test(path) && !path.split('/').includes('..')) return path.replace(/(.)\/$/, '$1')
  throw new InvalidInputError(`storage '${config.storage}': mountpoint must be an absolute path without '..'`, {mountpoint: 'must be an absolute path'})
}
