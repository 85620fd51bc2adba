// Which storage types there are, and how to load the module of each. The list is data, so that help and completion need no plugin.
import {UnsupportedError} from '../base/index.ts'
import type {StoragePlugin} from './storage.ts'

const loaders: Readonly<Record<string, () => Promise<{readonly plugin: StoragePlugin}>>> = {
  btrfs: () => import('./btrfs/plugin.ts'),
  cephfs: () => import('./cephfs/plugin.ts'),
  cifs: () => import('./cifs/plugin.ts'),
  dir: () => import('./dir/plugin.ts'),
  glusterfs: () => import('./glusterfs/plugin.ts'),
  iscsi: () => import('./iscsi/plugin.ts'),
  iscsidirect: () => import('./iscsidirect/plugin.ts'),
  lvm: () => import('./lvm/plugin.ts'),
  lvmthin: () => import('./lvmthin/plugin.ts'),
  nfs: () => import('./nfs/plugin.ts'),
  rbd: () => import('./rbd/plugin.ts'),
  restic: () => import('./restic/plugin.ts'),
  zfs: () => import('./zfs/plugin.ts'),
  zfspool: () => import('./zfspool/plugin.ts'),
}

export const storageTypes: readonly string[] = Object.keys(loaders)

/** @throws UnsupportedError for a type that Corral does not have */
export async function loadStoragePlugin(type: string): Promise<StoragePlugin> {
  const load = Object.hasOwn(loaders, type) ? loaders[type] : undefined
  if (load === undefined) throw new UnsupportedError(`storages of type '${type}' are not supported; the types are ${storageTypes.join(', ')}`, {data: {type}})
  return (await load()).plugin
}
