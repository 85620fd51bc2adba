// The options of all storage types in one table, as data: the commands that take them, the checks of storage.cfg and the documents need no
// plugin for them.
import type {Params, ValueSchema} from '../spec/index.ts'
import {btrfsFixedParams, btrfsParams} from './btrfs/params.ts'
import {cephfsFixedParams, cephfsParams} from './cephfs/params.ts'
import {cifsFixedParams, cifsParams} from './cifs/params.ts'
import {dirFixedParams, dirParams} from './dir/params.ts'
import {glusterfsFixedParams, glusterfsParams} from './glusterfs/params.ts'
import {iscsiFixedParams, iscsiParams} from './iscsi/params.ts'
import {iscsidirectFixedParams, iscsidirectParams} from './iscsidirect/params.ts'
import {lvmFixedParams, lvmParams} from './lvm/params.ts'
import {lvmthinFixedParams, lvmthinParams} from './lvmthin/params.ts'
import {nfsFixedParams, nfsParams} from './nfs/params.ts'
import {rbdFixedParams, rbdParams} from './rbd/params.ts'
import {resticFixedParams, resticParams} from './restic/params.ts'
import {zfsFixedParams, zfsParams} from './zfs/params.ts'
import {zfspoolFixedParams, zfspoolParams} from './zfspool/params.ts'

export interface StorageTypeParams {
  readonly params: Params
  /** Those that only `pvesm add` takes. */
  readonly fixed: readonly string[]
}

export const storageTypeParams = {
  btrfs: {params: btrfsParams, fixed: btrfsFixedParams},
  cephfs: {params: cephfsParams, fixed: cephfsFixedParams},
  cifs: {params: cifsParams, fixed: cifsFixedParams},
  dir: {params: dirParams, fixed: dirFixedParams},
  glusterfs: {params: glusterfsParams, fixed: glusterfsFixedParams},
  iscsi: {params: iscsiParams, fixed: iscsiFixedParams},
  iscsidirect: {params: iscsidirectParams, fixed: iscsidirectFixedParams},
  lvm: {params: lvmParams, fixed: lvmFixedParams},
  lvmthin: {params: lvmthinParams, fixed: lvmthinFixedParams},
  nfs: {params: nfsParams, fixed: nfsFixedParams},
  rbd: {params: rbdParams, fixed: rbdFixedParams},
  restic: {params: resticParams, fixed: resticFixedParams},
  zfs: {params: zfsParams, fixed: zfsFixedParams},
  zfspool: {params: zfspoolParams, fixed: zfspoolFixedParams},
} as const satisfies Readonly<Record<string, StorageTypeParams>>

const types: readonly (readonly [string, StorageTypeParams])[] = Object.entries(storageTypeParams)

/** What `pvesm add` takes: the options of all types. What only some types need, or have, the description says. */
export function paramsForAdding(): Params {
  return mergedParams(() => true)
}

/** What `pvesm set` takes. */
export function paramsForChanging(): Params {
  return mergedParams((name, {fixed}) => !fixed.includes(name))
}

function mergedParams(isWanted: (name: string, type: StorageTypeParams) => boolean): Params {
  const merged: Record<string, ValueSchema> = {}
  const owners = new Map<string, string[]>()
  for (const [type, known] of types) {
    for (const [name, schema] of Object.entries(known.params)) {
      if (!isWanted(name, known)) continue
      merged[name] ??= {...schema, optional: true}
      owners.set(name, [...owners.get(name) ?? [], type])
    }
  }
  for (const [name, schema] of Object.entries(merged)) {
    const of = owners.get(name) ?? []
    if (of.length === types.length) continue
    merged[name] = {...schema, description: `${schema.description ?? ''} For type ${of.join(', ')}${needText(name, of)}.`.trimStart()}
  }
  return merged
}

/** Which of the types that have an option must be given it. */
function needText(name: string, owners: readonly string[]): string {
  const needing = types.filter(([type, {params}]) => owners.includes(type) && params[name]?.optional !== true).map(([type]) => type)
  if (needing.length === 0) return ''
  if (needing.length < owners.length) return `; needed by ${needing.join(', ')}`
  return owners.length === 1 ? ', which needs it' : ', which need it'
}
