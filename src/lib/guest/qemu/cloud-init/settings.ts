// What a guest's configuration says for cloud-init, read and checked: hand-written files may hold anything, and what comes out of here
// stands in files that programs in the guest parse. Pure.
import {InvalidInputError} from '../../../base/index.ts'
import {splitList} from '../../../spec/index.ts'
import {addressFormat, cicustomFormat, netCount, readFlag, readNic, windowsGeneration} from '../config/index.ts'
import {readProperties} from '../../read-properties.ts'

export type CloudInitForm = 'nocloud' | 'configdrive2' | 'opennebula'

export interface HostDns { readonly nameservers: readonly string[]; readonly searchDomains: readonly string[] }

export type Ipv4Setting = 'dhcp' | {readonly address: string; readonly prefix: number; readonly gateway?: string}
export type Ipv6Setting = 'dhcp' | 'auto' | {readonly address: string; readonly prefix: number; readonly gateway?: string}

export interface CardSettings {
  /** `eth0` for net0. */
  readonly name: string
  readonly macAddress: string | undefined
  /** undefined: the guest does nothing about it. */
  readonly ipv4: Ipv4Setting | undefined
  readonly ipv6: Ipv6Setting | undefined
}

export interface CloudInitSettings {
  readonly form: CloudInitForm
  readonly isWindows: boolean
  readonly hostname: string
  readonly fqdn: string | undefined
  readonly user: string | undefined
  readonly passwordHash: string | undefined
  readonly keys: readonly string[]
  readonly upgradesPackages: boolean
  readonly cards: readonly CardSettings[]
  readonly nameservers: readonly string[]
  readonly searchDomains: readonly string[]
  /** Volumes with files of the user's own. */
  readonly custom: Readonly<Partial<Record<CustomPart, string>>>
}

export const customParts = ['user', 'network', 'meta', 'vendor'] as const
export type CustomPart = (typeof customParts)[number]

/** @throws InvalidInputError naming the key */
export function readCloudInitSettings(vmid: number, values: Readonly<Record<string, string>>, host: HostDns): CloudInitSettings {
  const isWindows = windowsGeneration(values['ostype']) > 0
  const nameservers = values['nameserver'] === undefined ? host.nameservers : splitList(values['nameserver'])
  const searchDomains = values['searchdomain'] === undefined ? host.searchDomains : splitList(values['searchdomain'])
  for (const address of nameservers) requireForm('nameserver', address, /^[0-9A-Fa-f.:]{1,45}$/)
  for (const domain of searchDomains) requireForm('searchdomain', domain, /^\.?[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253})$/)
  return {
    form: readForm(values['citype'], isWindows), isWindows,
    ...hostNames(values['name'] ?? `VM${vmid}`, searchDomains[0]),
    user: oneLine('ciuser', values['ciuser']),
    passwordHash: oneLine('cipassword', values['cipassword']),
    keys: values['sshkeys'] === undefined ? [] : readKeys(values['sshkeys']),
    upgradesPackages: readFlag(values['ciupgrade']) ?? true,
    cards: readCards(values), nameservers, searchDomains,
    custom: values['cicustom'] === undefined ? {} : readProperties('cicustom', values['cicustom'], cicustomFormat) as CloudInitSettings['custom'],
  }
}

/** Windows' cloudbase-init reads nothing but config drives. */
function readForm(citype: string | undefined, isWindows: boolean): CloudInitForm {
  if (citype === undefined) return isWindows ? 'configdrive2' : 'nocloud'
  if (citype === 'nocloud' || citype === 'configdrive2' || citype === 'opennebula') return citype
  throw new InvalidInputError("'citype' must be nocloud, configdrive2 or opennebula", {citype: 'must be nocloud, configdrive2 or opennebula'})
}

function hostNames(name: string, domain: string | undefined): Pick<CloudInitSettings, 'hostname' | 'fqdn'> {
  requireForm('name', name, /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})$/)
  const dot = name.indexOf('.')
  if (dot > 0) return {hostname: name.slice(0, dot), fqdn: name}
  return {hostname: name, fqdn: domain === undefined ? undefined : `${name}.${domain.replace(/^\./, '')}`}
}

const maxKeys = 1000

/** One key a line, URL-encoded as a whole. */
function readKeys(encoded: string): string[] {
  let text: string
  try {
    text = decodeURIComponent(encoded)
  } catch {
    throw new InvalidInputError("'sshkeys' is not URL-encoded text", {sshkeys: 'must be URL-encoded'}, {nextSteps: ['Give the path of a file with the keys: qm set VMID --sshkeys FILE']})
  }
  const keys = text.split(/\r?\n/).map(line => line.trim()).filter(line => line !== '')
  if (keys.length > maxKeys) throw new InvalidInputError(`'sshkeys' holds more than ${maxKeys} keys`, {sshkeys: `must be at most ${maxKeys} keys`})
  for (const key of keys) oneLine('sshkeys', key)
  return keys
}

function readCards(values: Readonly<Record<string, string>>): CardSettings[] {
  const cards: CardSettings[] = []
  for (let index = 0; index < netCount; index++) {
    const net = values[`net${index}`]
    if (net === undefined) continue
    cards.push({name: `eth${index}`, macAddress: readNic(`net${index}`, net).macaddr?.toLowerCase(), ...readAddresses(`ipconfig${index}`, values[`ipconfig${index}`])})
  }
  return cards
}

/** Where neither is given, DHCP is asked for an IPv4 address, as qm.conf(5) says. */
function readAddresses(key: string, text: string | undefined): Pick<CardSettings, 'ipv4' | 'ipv6'> {
  const {ip, gw, ip6, gw6} = text === undefined ? {} as Readonly<Record<string, undefined>> : readProperties(key, text, addressFormat)
  if (ip === undefined && ip6 === undefined) return {ipv4: 'dhcp', ipv6: undefined}
  const ipv4 = ip === undefined || ip === 'manual' ? undefined : ip === 'dhcp' ? ip : staticAddress(ip, gw)
  const ipv6 = ip6 === undefined || ip6 === 'manual' ? undefined : ip6 === 'dhcp' || ip6 === 'auto' ? ip6 : staticAddress(ip6, gw6)
  return {ipv4, ipv6}
}

function staticAddress(text: string, gateway: string | undefined) {
  const [address = '', prefix = ''] = text.split('/')
  return {address, prefix: Number(prefix), ...(gateway === undefined ? {} : {gateway})}
}

function requireForm(key: string, value: string, form: RegExp): void {
  if (!form.test(value)) throw new InvalidInputError(`'${key}' holds '${value.slice(0, 60)}', which cloud-init cannot be told`, {[key]: 'has a wrong form'})
}

function oneLine(key: string, value: string | undefined): string | undefined {
  if (value !== undefined && /[\p{Cc}\u2028\u2029]/u.test(value)) throw new InvalidInputError(`'${key}' holds a control character`, {[key]: 'holds a control character'})
  return value
}

const maxServers = 6

/**
 * The DNS settings of the host (resolv.conf(5)), for guests that have none of their own. A resolver on the host's loopback is of no use
 * to a guest.
 */
export function readHostDns(resolvConf: string): HostDns {
  const nameservers: string[] = []
  let searchDomains: string[] = []
  for (const line of resolvConf.split('\n').slice(0, 1000)) {
    const [word = '', ...rest] = line.trim().split(/\s+/)
    const [first] = rest
    if (word === 'nameserver' && first !== undefined && /^[0-9A-Fa-f.:]{2,45}$/.test(first) && !/^127\.|^::1$/.test(first)) nameservers.push(first)
    if (word === 'search' || word === 'domain') searchDomains = rest.filter(domain => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,253}$/.test(domain))
  }
  return {nameservers: nameservers.slice(0, maxServers), searchDomains: searchDomains.slice(0, maxServers)}
}
