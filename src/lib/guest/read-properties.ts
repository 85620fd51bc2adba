// One typed door to the property strings of qm.conf (`virtio=BC:…,bridge=vmbr0`): the schema gives the type, spec/ does the reading.
import {InvalidInputError} from '../base/index.ts'
import {parsePropertyString} from '../spec/property-string.ts'
import type {PropertyFormat, Values} from '../spec/index.ts'

/**
 * The sub-properties of a value, checked and typed by its format.
 * @throws InvalidInputError that names the key and the sub-properties that are wrong.
 */
export function readProperties<const F extends PropertyFormat>(key: string, text: string, format: F): Values<F> {
  try {
    return parsePropertyString(text, format) as Values<F>
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const fields = Object.fromEntries(Object.entries(error.fields).map(([name, reason]) => [`${key}.${name}`, reason]))
    throw new InvalidInputError(`the value of '${key}' is wrong: ${error.message}`, Object.keys(fields).length > 0 ? fields : {[key]: error.message})
  }
}

/** A flag as it stands in a configuration file; undefined when the key is absent. Proxmox VE writes 1 and 0. */
export function readFlag(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : /^(?:1|on|yes|true)$/i.test(text)
}

/** @throws InvalidInputError naming the key */
export function readWholeNumber(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw new InvalidInputError(`'${key}' must be a whole number, not '${text.slice(0, 40)}'`, {[key]: 'must be a whole number'})
  return Number(text)
}

/** A number with or without decimals. @throws InvalidInputError naming the key */
export function readFloat(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) throw new InvalidInputError(`'${key}' must be a number, not '${text.slice(0, 40)}'`, {[key]: 'must be a number'})
  return Number(text)
}
