// The keys of pct.conf that name volumes and folders: rootfs, mp[n] and unused[n], with their reading.
import {InvalidInputError} from '../../../base/index.ts'
import {formatPropertyString} from '../../../spec/property-string.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {isUnusedKey, volumeBookkeeping} from '../../pending.ts'
import {readProperties} from '../../read-properties.ts'

const mountOptionWords = 'discard|lazytime|noatime|nodev|noexec|nosuid'

const commonFormat = {
  volume: {
    type: 'string', format: 'pve-lxc-mp-string', defaultKey: true, placeholder: 'volume', completion: 'volume',
    description: 'The volume, device or folder of the host. `STORAGE:SIZE` makes a volume of that many GiB; with the size 0 one without a limit, where the storage has such.',
  },
  acl: {type: 'boolean', optional: true, description: 'Whether access control lists are on. The file system decides without it.'},
  mountoptions: {
    type: 'string', pattern: `(?:${mountOptionWords})(?:;(?:${mountOptionWords}))*`, optional: true, placeholder: 'opt[;opt...]',
    description: 'Options for mounting, separated by semicolons.',
  },
  quota: {type: 'boolean', optional: true, description: 'Whether users in the container can have quotas. Not for unprivileged containers.'},
  replicate: {type: 'boolean', default: true, optional: true, description: 'Whether the volume takes part in replication.'},
  ro: {type: 'boolean', optional: true, description: 'Whether it can only be read.'},
  shared: {type: 'boolean', default: false, optional: true, description: 'Whether what is not a volume is there on all hosts alike.'},
  size: {type: 'string', format: 'disk-size', optional: true, placeholder: 'size', description: 'The size of the volume. For information only.'},
} as const satisfies PropertyFormat

export const rootfsFormat = commonFormat

export const mountPointFormat = {
  ...commonFormat,
  mp: {type: 'string', format: 'pve-lxc-mp-string', placeholder: 'path', description: 'The path in the container.'},
  backup: {type: 'boolean', optional: true, description: 'Whether it is part of backups. Volumes only.'},
  keepattrs: {type: 'boolean', default: false, optional: true, description: 'Whether a new volume takes owner and mode of the folder that it is mounted on.'},
} as const satisfies PropertyFormat

export const mountPointCount = 256

export const mountParams = {
  rootfs: {type: 'string', format: rootfsFormat, optional: true, description: 'The volume with the root file system.'},
  'mp[n]': {type: 'string', format: mountPointFormat, optional: true, index: {min: 0, max: mountPointCount - 1}, description: 'A volume, device or folder of the host that is mounted in the container (n is 0 to 255).'},
  'unused[n]': {
    type: 'string', optional: true, index: {min: 0, max: 255},
    format: {volume: {type: 'string', format: 'pve-volume-id', defaultKey: true, placeholder: 'volume', completion: 'volume', description: 'The volume.'}},
    description: 'A volume that is not used (n is 0 to 255). Set by itself when a mount point is taken away.',
  },
} as const satisfies Params

/** `volume` of a storage, `device` of the host, `bind`: a folder of the host. */
export type MountSource = 'volume' | 'device' | 'bind'

export interface MountPoint {
  /** `rootfs`, `mp0`. */
  readonly key: string
  readonly type: MountSource
  /** The volume id, or the path on the host. */
  readonly source: string
  /** The path in the container, normalised: `/`, `/srv/data`. */
  readonly path: string
  readonly readOnly: boolean
  readonly acl: boolean | undefined
  readonly quota: boolean
  /** `keepattrs`: a new volume takes owner and mode of the folder that it hides. */
  readonly keepsAttributes: boolean
  readonly options: readonly string[]
  readonly size: string | undefined
}

export function isMountKey(key: string): boolean {
  return key === 'rootfs' || /^mp\d{1,3}$/.test(key)
}

/**
 * Reads rootfs or a mount point.
 * @throws InvalidInputError naming the key and what is wrong with it
 */
export function readMountPoint(key: string, text: string): MountPoint {
  const values: Values<typeof commonFormat> & {readonly mp?: string | undefined; readonly keepattrs?: boolean | undefined} = key === 'rootfs' ? readProperties(key, text, rootfsFormat) : readProperties(key, text, mountPointFormat)
  return {
    key, type: sourceType(values.volume), source: values.volume, path: key === 'rootfs' ? '/' : mountPath(key, values.mp ?? ''),
    readOnly: values.ro ?? false, acl: values.acl, quota: values.quota ?? false, keepsAttributes: values.keepattrs ?? false, options: values.mountoptions?.split(';') ?? [], size: values.size,
  }
}

function sourceType(source: string): MountSource {
  if (source.startsWith('/dev/')) return 'device'
  return source.startsWith('/') ? 'bind' : 'volume'
}

/** @throws InvalidInputError for a path that is none, or that leads out of the container */
function mountPath(key: string, text: string): string {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  const reason = parts.includes('..') ? "must not hold '..'" : parts.length === 0 ? 'must be a folder below /' : undefined
  if (reason !== undefined) throw new InvalidInputError(`the path of '${key}' ${reason}`, {[`${key}.mp`]: reason})
  return `/${parts.join('/')}`
}

/** rootfs first, then the mount points in the order of their numbers, which is the one in which they are mounted. */
export function mountPoints(values: Readonly<Record<string, string>>): MountPoint[] {
  const rank = (key: string) => key === 'rootfs' ? -1 : Number(key.slice(2))
  return Object.entries(values).filter(([key]) => isMountKey(key)).sort(([a], [b]) => rank(a) - rank(b)).map(([key, text]) => readMountPoint(key, text))
}

/** The value with another volume and size, everything else as it is. */
export function withVolume(key: string, text: string, volume: string, size: string | undefined): string {
  const format: PropertyFormat = key === 'rootfs' ? rootfsFormat : mountPointFormat
  const values: Record<string, string | number | boolean> = {...readProperties(key, text, format), volume}
  delete values['size']
  return formatPropertyString(size === undefined ? values : {...values, size}, format)
}

/** The volume that a value begins with, judged by its text alone; undefined for a path. */
function volumeIn(text: string): string | undefined {
  const first = text.split(',').map((part) => part.replace(/^volume=/, '')).find((part) => !/^[a-z]+=/.test(part))
  return first !== undefined && /^[^/:]+:./.test(first) ? first : undefined
}

/** What waits in a configuration, and its volumes (guest/pending.ts), bound to the keys of pct.conf. */
export const {revertPending, applyPending, registerUnused, addUnused, dropUsedUnused, usesVolume, refersTo, referencedVolumes} = volumeBookkeeping({
  isVolumeKey: isMountKey, volumeOf: volumeIn, keptVolumeOf: volumeIn,
})

export {isUnusedKey}
