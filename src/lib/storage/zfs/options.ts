// The options of a `zfs` section as typed values. They come from storage.cfg, which people edit, so each is checked here once more. Pure.
import {InvalidInputError, UnsupportedError} from '../../base/index.ts'
import type {IscsiTarget} from '../iscsi-target.ts'
import {readIscsiTarget} from '../iscsi-target.ts'
import {isTrue} from '../option-values.ts'
import type {Content, StorageConfig} from '../storage.ts'
import type {ZfsOptions} from '../zfspool/options.ts'
import {readZfsOptions} from '../zfspool/options.ts'

export const providers = ['LIO', 'iet', 'comstar'] as const
export type ProviderName = (typeof providers)[number]

export interface ZfsIscsiOptions extends ZfsOptions, IscsiTarget {
  readonly provider: ProviderName
  /** Where the server has the devices of volumes. */
  readonly devices: string
  /** LIO's portal group (`tpg1`). */
  readonly portalGroup: string
  readonly hostGroup: string | undefined
  readonly targetGroup: string | undefined
  readonly hasWriteCache: boolean
}

/** @throws InvalidInputError naming the option; UnsupportedError for a provider that is not carried out */
export function readZfsIscsiOptions(config: StorageConfig, defaultContent: readonly Content[]): ZfsIscsiOptions {
  const provider = readProvider(config)
  refuseForeign(config, provider)
  return {
    ...readZfsOptions(config, defaultContent), ...readIscsiTarget(config), provider,
    devices: readFolder(config) ?? (provider === 'comstar' ? '/dev/zvol/rdsk' : '/dev/zvol'),
    portalGroup: provider === 'LIO' ? readPortalGroup(config) : '', hostGroup: readGroup(config, 'comstar_hg'), targetGroup: readGroup(config, 'comstar_tg'),
    hasWriteCache: !isTrue(config['nowritecache']),
  }
}

function readProvider({storage, iscsiprovider}: StorageConfig): ProviderName {
  const provider = providers.find((name) => name === iscsiprovider)
  if (provider !== undefined) return provider
  if (iscsiprovider === 'istgt') {
    throw new UnsupportedError(`storage '${storage}': the iSCSI provider istgt is not carried out: its LUNs stand in a configuration file of the server that would have to be rewritten while others may change it`, {
      nextSteps: ['Use LIO or tgt on the server.'],
    })
  }
  throw new InvalidInputError(`storage '${storage}': iscsiprovider must be ${providers.join(', ')}`, {iscsiprovider: `must be one of ${providers.join(', ')}`})
}

/** What only one provider heeds is refused with the others. */
function refuseForeign(config: StorageConfig, provider: ProviderName): void {
  const owned = provider === 'comstar' ? [] : ['comstar_hg', 'comstar_tg', 'nowritecache']
  const foreign = owned.find((option) => config[option] !== undefined && config[option] !== false)
  if (foreign !== undefined) throw new InvalidInputError(`storage '${config.storage}': ${foreign} is for the provider comstar, not for ${provider}`, {[foreign]: 'is for the provider comstar'})
}

/** LIO numbers its portal groups. */
function readPortalGroup({storage, lio_tpg}: StorageConfig): string {
  if (typeof lio_tpg === 'string' && /^tpg[1-9]\d{0,4}$/.test(lio_tpg)) return lio_tpg
  throw new InvalidInputError(`storage '${storage}' needs lio_tpg with the provider LIO, such as tpg1`, {lio_tpg: 'must be tpg and a number'})
}

function readGroup(config: StorageConfig, option: string): string | undefined {
  const name = config[option]
  if (name === undefined) return undefined
  if (typeof name === 'string' && /^[a-zA-Z0-9][a-zA-Z0-9._:-]{0,127}$/.test(name)) return name
  throw new InvalidInputError(`storage '${config.storage}': ${option} must be the name of a group`, {[option]: 'is no name'})
}

function readFolder(config: StorageConfig): string | undefined {
  const path = config['zfs-base-path']
  if (path === undefined) return undefined
  if (typeof path === 'string' && /^\/[a-zA-Z0-9_./-]{0,254}$/.test(path) && !path.split('/').includes('..')) return path.replace(/(.)\/$/, '$1')
  throw new InvalidInputError(`storage '${config.storage}': zfs-base-path must be an absolute path such as /dev/zvol`, {'zfs-base-path': 'must be an absolute path'})
}
