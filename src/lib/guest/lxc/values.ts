// From the options of `pct create` and `pct set` to the text that is stored: canonical property strings, made-up addresses, tags in order. Volumes are
// planned apart (volumes.ts).
import {ForbiddenError, InvalidInputError} from '../../base/index.ts'
import {findParam, formatPropertyString, parsePropertyString} from '../../spec/index.ts'
import type {Store} from '../../store/index.ts'
import type {Caller, Log} from '../../tasks/index.ts'
import {assertOneLine, listAllGuests} from '../guest-files.ts'
import {macAddressesIn, macPrefix, newMacAddress} from '../mac-address.ts'
import {isMountKey, isUnusedKey, lxcConfigParams, readNet, unsupportedKeys} from './config/index.ts'

/** The configuration keys among a command's parameters: those that name volumes, and all others. */
export function splitOptions(params: Readonly<Record<string, unknown>>): {readonly volumes: Record<string, string>; readonly others: Record<string, unknown>} {
  const volumes: Record<string, string> = {}
  const others: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined || findParam(lxcConfigParams, key) === undefined) continue
    if (isMountKey(key) || isUnusedKey(key)) volumes[key] = value as string
    else others[key] = value
  }
  return {volumes, others}
}

/** @param before what the container has, so that an interface keeps its address when it is changed */
export async function storedValues(options: Readonly<Record<string, unknown>>, before: Readonly<Record<string, string>>, store: Pick<Store, 'read' | 'list'>): Promise<Record<string, string>> {
  const values: Record<string, string> = {}
  const taken = new Map<string, string>()
  for (const [key, value] of Object.entries(options)) {
    const text = typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
    if (key !== 'description' && key !== 'env') assertOneLine(key, text)
    values[key] = await storedValue(key, text, before, store, taken)
  }
  return values
}

async function storedValue(key: string, text: string, before: Readonly<Record<string, string>>, store: Pick<Store, 'read' | 'list'>, taken: Map<string, string>): Promise<string> {
  if (key === 'tags') return [...new Set(text.split(/[,;\s]+/).filter((tag) => tag !== '').map((tag) => tag.toLowerCase()))].sort().join(';')
  const format = findParam(lxcConfigParams, key)?.schema.format
  if (typeof format !== 'object') return text
  const properties = canonical(key, () => parsePropertyString(text, format))
  if (!/^net\d+$/.test(key)) return formatPropertyString(properties, format)
  const {hwaddr} = properties
  const old = before[key] === undefined ? undefined : readNet(key, before[key]).hwaddr
  const address = typeof hwaddr === 'string' ? hwaddr.toUpperCase() : old ?? await newAddress(store, taken)
  taken.set(key, address)
  return formatPropertyString({...properties, type: 'veth', hwaddr: address}, format)
}

function canonical<T>(key: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const fields = Object.fromEntries(Object.entries(error.fields).map(([field, reason]) => [`${key}.${field}`, reason]))
    throw new InvalidInputError(`the value of '${key}' is wrong: ${error.message}`, Object.keys(fields).length > 0 ? fields : {[key]: error.message})
  }
}

async function newAddress(store: Pick<Store, 'read' | 'list'>, taken: ReadonlyMap<string, string>): Promise<string> {
  const [datacenter, guests] = await Promise.all([store.read('datacenter.cfg'), listAllGuests(store)])
  return newMacAddress(macPrefix(datacenter?.data), new Set([...macAddressesIn(guests.map(({file}) => file.data)), ...taken.values()]))
}

/** Refuses what only root may set, because it reaches past the container into the host. @throws ForbiddenError naming the key */
export function assertMaySet(values: Readonly<Record<string, string>>, caller: Caller): void {
  if (caller.isRoot) return
  for (const [key, value] of Object.entries(values)) {
    const isForbidden = /^(?:hookscript|lock)$/.test(key) || /^dev\d+$/.test(key) || (key === 'features' && value !== '' && value !== 'nesting=1')
    if (isForbidden) throw new ForbiddenError(`only root may set '${key}'${key === 'features' ? " to anything but 'nesting=1'" : ''}`)
  }
}

/** Says of what is kept and not carried out yet that it is in the way of a start. */
export function warnOfKeysThatWait(values: Readonly<Record<string, string>>, isUnprivileged: boolean, log: Pick<Log, 'warn'>): void {
  for (const {key, reason} of unsupportedKeys({values: isUnprivileged ? {...values, unprivileged: '1'} : values})) log.warn(`'${key}' is kept, but the container is not started with it: ${reason}`)
}
