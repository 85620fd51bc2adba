// A guest's configuration as commands show it: values typed for programs, secrets hidden.
import {NotFoundError} from '../../base/index.ts'
import {findParam} from '../../spec/index.ts'
import type {ConfigSection} from '../guest-config.ts'
import {qemuConfigParams} from './config/index.ts'
import type {GuestFile} from './guest-files.ts'

export type ShownValue = string | number

/** The keys of a section with numbers and flags as numbers; secrets hidden. */
export function shownSection(section: ConfigSection): Record<string, ShownValue> {
  const shown: Record<string, ShownValue> = {}
  for (const [key, value] of Object.entries(section.values)) shown[key] = shownValue(key, value)
  if (section.description !== undefined) shown['description'] = section.description
  return shown
}

/** @throws NotFoundError when the guest has no such snapshot */
export function snapshotSection({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, name: string): ConfigSection {
  const section = Object.hasOwn(config.snapshots, name) ? config.snapshots[name] : undefined
  if (section === undefined) throw new NotFoundError(`virtual machine ${vmid} has no snapshot '${name}'`, {data: {vmid, snapshot: name}})
  return section
}

/** Proxmox VE hides these in `qm config` and `qm pending` as well. */
export function shownValue(key: string, value: string): ShownValue {
  if (key === 'cipassword' || findParam(qemuConfigParams, key)?.schema.secret === true) return '**********'
  const type = findParam(qemuConfigParams, key)?.schema.type
  const isNumber = (type === 'integer' || type === 'number' || type === 'boolean') && /^\d{1,15}(?:\.\d{1,9})?$/.test(value)
  return isNumber ? Number(value) : value
}
