// A container's configuration as commands show it: values typed for programs.
import {findParam} from '../../spec/index.ts'
import type {ConfigSection, RawLine} from '../guest-config.ts'
import {lxcConfigParams} from './config/index.ts'

export type ShownValue = string | number

/** The keys of a section with numbers and flags as numbers, and the raw lines under `lxc`. */
export function shownSection({values, description, raw}: ConfigSection): Record<string, ShownValue | readonly RawLine[]> {
  const shown: Record<string, ShownValue | readonly RawLine[]> = {}
  for (const [key, value] of Object.entries(values)) shown[key] = shownValue(key, value)
  if (description !== undefined) shown['description'] = description
  if (raw !== undefined) shown['lxc'] = raw
  return shown
}

export function shownValue(key: string, value: string): ShownValue {
  const type = findParam(lxcConfigParams, key)?.schema.type
  const isNumber = (type === 'integer' || type === 'number' || type === 'boolean') && /^\d{1,15}(?:\.\d{1,9})?$/.test(value)
  return isNumber ? Number(value) : value
}
