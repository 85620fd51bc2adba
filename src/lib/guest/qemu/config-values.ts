// From the options of `qm create` and `qm set` to the text that is stored: canonical property strings, generated addresses and
// numbers, tags in order. Drives are planned apart (drives/plan-drives.ts).
import {randomUUID} from 'node:crypto'
import {ForbiddenError, InvalidInputError, UnsupportedError} from '../../base/index.ts'
import {findParam, formatPropertyString, parsePropertyString} from '../../spec/index.ts'
import type {PropertyFormat} from '../../spec/index.ts'
import type {Store} from '../../store/index.ts'
import type {Caller, Log} from '../../tasks/index.ts'
import {checkCpuType, isDriveKey, qemuConfigParams, readCpu, readHostPci, readUsb, splitArguments, unsupportedKeys} from './config/index.ts'
import {isUnusedKey} from './drives/drive-text.ts'
import {assertOneLine, listAllGuests} from './guest-files.ts'
import {hashedPassword, newSalt} from '../password-hash.ts'
import {macAddressesIn, macPrefix, newMacAddress} from '../mac-address.ts'

/**
 * A property string checked and in the form in which it is stored; a value of another kind as it is.
 * @throws InvalidInputError naming the key and what is wrong in it
 */
export function canonicalProperties(key: string, value: string): string {
  const format = findParam(qemuConfigParams, key)?.schema.format
  if (typeof format !== 'object') return value
  try {
    return formatPropertyString(parsePropertyString(value, format), format)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const fields = Object.fromEntries(Object.entries(error.fields).map(([field, reason]) => [`${key}.${field}`, reason]))
    throw new InvalidInputError(`the value of '${key}' is wrong: ${error.message}`, Object.keys(fields).length > 0 ? fields : {[key]: error.message})
  }
}

/** What new values are drawn from; a test gives its own. */
export interface ValueSources {
  /** For the hash of a password. */
  readonly newSalt: () => string
  readonly newUuid: () => string
  /** An address that no guest has. */
  readonly newMac: () => Promise<string>
}

/** Random values; the addresses in use are looked up once, when the first is asked for. */
export function valueSources(store: Pick<Store, 'read' | 'list'>): ValueSources {
  let taken: Promise<{prefix: string; addresses: Set<string>}> | undefined
  const lookUp = async () => {
    const [datacenter, guests] = await Promise.all([store.read('datacenter.cfg'), listAllGuests(store)])
    return {prefix: macPrefix(datacenter?.data), addresses: macAddressesIn(guests.map(guest => guest.file.data))}
  }
  return {
    newSalt,
    newUuid: () => randomUUID(),
    newMac: async () => {
      taken ??= lookUp()
      const {prefix, addresses} = await taken
      return newMacAddress(prefix, addresses)
    },
  }
}

export interface SplitOptions {
  /** Drives and unused disks by key, as they were given; `cdrom` is ide2. */
  readonly drives: Readonly<Record<string, string>>
  readonly others: Readonly<Record<string, unknown>>
}

/** The configuration keys among a command's parameters: drives, which are planned with their volumes, and all others. */
export function splitOptions(params: Readonly<Record<string, unknown>>): SplitOptions {
  const drives: Record<string, string> = {}
  const others: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined || findParam(qemuConfigParams, key) === undefined) continue
    if (isDriveKey(key) || isUnusedKey(key)) drives[key] = value as string
    else others[key] = value
  }
  return {drives, others}
}

/** storedValue for each key. */
export async function storedValues(options: Readonly<Record<string, unknown>>, sources: ValueSources): Promise<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const [key, value] of Object.entries(options)) values[key] = await storedValue(key, value, sources)
  return values
}

/** Says of what is kept and not carried out yet that it is in the way of a start. */
export function warnOfKeysThatWait(values: Readonly<Record<string, string>>, log: Pick<Log, 'warn'>): void {
  for (const {key, reason} of unsupportedKeys({current: {values}})) log.warn(`'${key}' is kept, but the machine is not started with it: ${reason}`)
}

/**
 * The text that a key is stored with.
 * @throws InvalidInputError naming the key
 */
export async function storedValue(key: string, value: unknown, sources: ValueSources): Promise<string> {
  const text = typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
  if (key !== 'description') assertOneLine(key, text)
  if (/^net\d+$/.test(key)) return storedNetworkCard(key, text, sources)
  if (key === 'cpu') checkCpu(text)
  if (key === 'args') splitArguments(text)
  if (/^hostpci\d+$/.test(key)) readHostPci(key, text)
  if (/^usb\d+$/.test(key)) readUsb(key, text)
  if (key === 'cipassword') return hashedPassword(text, sources.newSalt())
  if (key === 'vmgenid' && text === '1') return sources.newUuid()
  return key === 'tags' ? storedTags(text) : text
}

/** What a start would refuse of every guest is refused when it is written. */
function checkCpu(text: string): void {
  const {cputype} = readCpu(text)
  if (cputype !== undefined) checkCpuType(cputype)
}

async function storedNetworkCard(key: string, text: string, sources: ValueSources): Promise<string> {
  const {macaddr} = parsePropertyString(canonicalProperties(key, text), formatOfKey(key))
  return withProperty(key, text, 'macaddr', typeof macaddr === 'string' ? macaddr.toUpperCase() : await sources.newMac())
}

/** A property string with one of its properties set anew; the others as they are. @throws InvalidInputError naming the key */
export function withProperty(key: string, text: string, property: string, value: string): string {
  const format = formatOfKey(key)
  return formatPropertyString({...parsePropertyString(canonicalProperties(key, text), format), [property]: value}, format)
}

function formatOfKey(key: string): PropertyFormat {
  const format = findParam(qemuConfigParams, key)?.schema.format
  if (typeof format !== 'object') throw new UnsupportedError(`'${key}' has no properties`)
  return format
}

/** Each tag once, in lower case and sorted, which is how Proxmox VE stores them unless datacenter.cfg says otherwise. */
export function storedTags(text: string): string {
  return [...new Set(text.split(/[,;\s]+/).filter(tag => tag !== '').map(tag => tag.toLowerCase()))].sort().join(';')
}

/**
 * Refuses what only root may set, because it reaches past the guest into the host.
 * @throws ForbiddenError naming the key
 */
export function assertMaySet(values: Readonly<Record<string, string>>, caller: Caller): void {
  if (caller.isRoot) return
  for (const [key, value] of Object.entries(values)) {
    if (!reachesIntoHost(key, value)) continue
    throw new ForbiddenError(`only root may set '${key}'${key.startsWith('serial') ? ' to a device of the host' : ''}`)
  }
}

function reachesIntoHost(key: string, value: string): boolean {
  if (key === 'args' || key === 'hookscript' || key === 'lock') return true
  if (/^serial\d+$/.test(key)) return value !== 'socket'
  return /^(?:hostpci|parallel|usb)\d+$/.test(key)
}
