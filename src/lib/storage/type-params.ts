// The options of all storage types in one table, as data: the commands that take them, the checks of storage.cfg and the documents need no
// plugin for them.
import type {Params, ValueSchema} from '../spec/index.ts'
import {dirFixedParams, dirParams} from './dir/params.ts'
import {lvmFixedParams, lvmParams} from './lvm/params.ts'

export interface StorageTypeParams {
  readonly params: Params
  /** Those that only `pvesm add` takes. */
  readonly fixed: readonly string[]
}

export const storageTypeParams = {
  dir: {params: dirParams, fixed: dirFixedParams},
  lvm: {params: lvmParams, fixed: lvmFixedParams},
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
    const need = types.some(([type, {params}]) => of.includes(type) && params[name]?.optional !== true) ? ', which needs it' : ''
    merged[name] = {...schema, description: `${schema.description ?? ''} For type ${of.join(', ')}${need}.`.trimStart()}
  }
  return merged
}
