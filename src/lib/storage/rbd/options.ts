// The options of an `rbd` section as typed values. They come from storage.cfg, which people edit, so each is checked here once more. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {Monitor} from '../ceph-cluster.ts'
import {readCephUser, readMonitors} from '../ceph-cluster.ts'
import {readContentList} from '../content.ts'
import {isTrue} from '../option-values.ts'
import type {Content, StorageConfig} from '../storage.ts'

export interface RbdOptions {
  readonly pool: string
  readonly namespace: string | undefined
  readonly dataPool: string | undefined
  /** None: the cluster of /etc/ceph/ceph.conf. */
  readonly monitors: readonly Monitor[]
  readonly user: string
  readonly isKernel: boolean
  /** The cluster's id, which Proxmox VE writes for the names of devices. */
  readonly fsid: string | undefined
  readonly content: readonly Content[]
}

/** @throws InvalidInputError naming the option */
export function readRbdOptions(config: StorageConfig, defaultContent: readonly Content[]): RbdOptions {
  return {
    pool: readName(config, 'pool') ?? 'rbd', namespace: readName(config, 'namespace'), dataPool: readName(config, 'data-pool'),
    monitors: readMonitors(config), user: readCephUser(config), isKernel: isTrue(config['krbd']), fsid: readFsid(config),
    content: config['content'] === undefined ? defaultContent : readContentList(config['content'], config.storage),
  }
}

/** Names stand in argv, in device paths and between the colons and slashes of QEMU's own form. */
function readName(config: StorageConfig, option: string): string | undefined {
  const value = config[option]
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$/.test(value)) return value
  throw new InvalidInputError(`storage '${config.storage}': ${option} must be a name of letters, digits, '.', '_' and '-'`, {[option]: 'is no name'})
}

function readFsid(config: StorageConfig): string | undefined {
  const value = config['fsid']
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return value
  throw new InvalidInputError(`storage '${config.storage}': fsid must be the id of a Ceph cluster`, {fsid: 'is no UUID'})
}
