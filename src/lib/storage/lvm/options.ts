// The options of an `lvm` section as typed values. They come from storage.cfg, which people edit, so each is checked here once more. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {readContentList} from '../content.ts'
import {isTrue} from '../option-values.ts'
import type {Content, StorageConfig} from '../storage.ts'

export interface LvmOptions {
  readonly volumeGroup: string
  readonly content: readonly Content[]
  readonly shared: boolean
  readonly taggedOnly: boolean
  /** Disks may be qcow2 images, whose snapshots are volumes of their own. */
  readonly keepsChains: boolean
  /** undefined: volumes are removed as they are. */
  readonly overwrite: {readonly stepBytes: number; readonly bytesPerSecond: number | undefined} | undefined
}

const mebibyte = 1024 ** 2

/** @throws InvalidInputError naming the option */
export function readLvmOptions(config: StorageConfig, defaultContent: readonly Content[]): LvmOptions {
  return {
    volumeGroup: readVolumeGroup(config),
    content: config['content'] === undefined ? defaultContent : readContentList(config['content'], config.storage),
    shared: isTrue(config['shared']),
    taggedOnly: isTrue(config['tagged_only']),
    keepsChains: isTrue(config['snapshot-as-volume-chain']),
    overwrite: isTrue(config['saferemove']) ? {stepBytes: readStep(config), bytesPerSecond: readThroughput(config)} : undefined,
  }
}

function readVolumeGroup(config: StorageConfig): string {
  const name = config['vgname']
  if (typeof name === 'string' && name.length <= 127 && /^[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*$/.test(name) && name !== '.' && name !== '..') return name
  throw new InvalidInputError(`storage '${config.storage}' needs the name of a volume group`, {vgname: 'must be the name of a volume group'})
}

function readStep(config: StorageConfig): number {
  const step = Number(config['saferemove-stepsize'] ?? 32)
  if ([1, 2, 4, 8, 16, 32].includes(step)) return step * mebibyte
  throw new InvalidInputError(`storage '${config.storage}': saferemove-stepsize must be 1, 2, 4, 8, 16 or 32`, {'saferemove-stepsize': 'must be 1, 2, 4, 8, 16 or 32'})
}

function readThroughput(config: StorageConfig): number | undefined {
  const value = config['saferemove_throughput']
  if (value === undefined) return undefined
  const digits = typeof value === 'string' ? /^-?([1-9]\d{0,14})$/.exec(value)?.[1] : undefined
  if (digits !== undefined) return Number(digits)
  throw new InvalidInputError(`storage '${config.storage}': saferemove_throughput must be a number of bytes per second`, {saferemove_throughput: 'must be a number'})
}
