// The named formats that schemas refer to (`format: 'pve-vmid'`): one check each, by the names that Proxmox VE gives them. A check says
// what would be right, for the error that names the option. Address formats stand in formats-network.ts. Patterns here are
// bounded and free of nested repetition, so that hostile values take no time.
import {calendarEventFault} from './calendar/calendar-event.ts'
import {networkFormats} from './formats-network.ts'
import {didYouMean} from './nearest.ts'
import {parseSize} from './size.ts'

/** Gives undefined for a good value, else what a good one looks like: the end of "… is not". */
export type FormatCheck = (value: string) => string | undefined

/** A check by a pattern that the whole value must match. */
export function matches(pattern: RegExp, right: string, maxLength = 1024): FormatCheck {
  return value => value.length <= maxLength && pattern.test(value) ? undefined : right
}

/** The formats that are one of a few words. */
const choices: Readonly<Record<string, readonly string[]>> = {
  'pve-storage-content': ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import', 'none'],
  'pve-task-status-type': ['ok', 'error', 'warning', 'unknown'],
}

const oneOf = (format: string): FormatCheck => value => choices[format]?.includes(value) === true ? undefined : `one of ${choices[format]?.join(', ') ?? ''}`

const configId = matches(/^[a-z][a-z0-9_-]+$/i, 'a name of at least two letters, digits, - and _ that begins with a letter')
const vmid = matches(/^[1-9][0-9]{2,8}$/, 'a guest number from 100 to 999999999', 9)
const dnsLabel = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const node = matches(new RegExp(`^${dnsLabel}$`, 'i'), 'a host name of letters, digits and - (at most 63)', 63)
const storageId = matches(/^[a-z][a-z0-9\-_.]*[a-z0-9]$/i, 'a storage name: letters, digits, -, _ and ., at least two, beginning with a letter', 100)
const dnsName = matches(new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`, 'i'), 'a DNS name such as web1.example.com', 253)
// Device names of the kernel (IFNAMSIZ) have at most 15 characters.
const networkInterface = matches(/^[a-z][a-z0-9_]{1,20}(?:[:.][0-9]{1,10})?$/i, 'the name of a network interface such as eth0', 40)
const bridge = matches(/^[-_.\w]{1,15}$/, 'the name of a bridge such as vmbr0, at most 15 letters, digits, -, _ and .', 15)
const volumeName = /^[^/\s:][^\s]*$/
const userName = '[^\\s:/@]{1,60}'
const realm = '[a-z][a-z0-9._-]{1,31}'
const email = matches(/^[\w+\-~]+(?:\.[\w+\-~]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i, 'an e-mail address such as ops@example.com', 254)
const userId = matches(new RegExp(`^${userName}@${realm}$`, 'i'), 'a user such as root@pam', 64)

/** `<storage>:<name>`, free of traversal. */
function volumeId(value: string): string | undefined {
  const right = 'a volume id such as local:100/vm-100-disk-0.qcow2'
  const colon = value.indexOf(':')
  if (value.length > 1024 || colon < 0) return right
  const name = value.slice(colon + 1)
  if (storageId(value.slice(0, colon)) !== undefined || !volumeName.test(name)) return right
  return name.split('/').some(part => part === '..' || part === '.' || part === '') ? `${right}, without '..'` : undefined
}

/** An absolute path without `..` and without characters that end a line or a property. */
function absolutePath(value: string): string | undefined {
  const right = "an absolute path, without '..'"
  if (value.length > 4096 || !value.startsWith('/') || /[\u0000-\u001f\u007f]/.test(value)) return right
  return value.split('/').includes('..') ? right : undefined
}

function diskSize(value: string): string | undefined {
  try {
    parseSize(value)
    return undefined
  } catch {
    return 'a size such as 32G: a number with K, M, G or T behind it'
  }
}

/** A content type and its folder, which no part leads out of. */
function dirOverride(value: string): string | undefined {
  const isRight = /^(?:images|rootdir|vztmpl|iso|backup|snippets|import)=[^\s,\u0000-\u001f]{1,255}$/.test(value)
  return isRight && !value.slice(value.indexOf('=') + 1).split('/').includes('..') ? undefined : 'a content type with its folder, such as iso=/iso'
}

/** CPU numbers and ranges, `0,5,8-11`, as taskset(1) takes them. */
function cpuSet(value: string): string | undefined {
  const right = 'a list of CPU numbers and ranges such as 0,5,8-11'
  if (value.length > 4096) return right
  const isRight = value.split(',').every(part => {
    const match = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(part)
    return match !== null && (match[2] === undefined || Number(match[1]) <= Number(match[2]))
  })
  return isRight ? undefined : right
}

function urlEncoded(value: string): string | undefined {
  return /^(?:[A-Za-z0-9\-_.~!*'()]|%[0-9A-Fa-f]{2})*$/.test(value) ? undefined : 'a URL-encoded text (%20 for a space)'
}

function startupOrder(value: string): string | undefined {
  const right = 'the start order, such as order=1,up=30,down=60'
  const seen = new Set<string>()
  for (const part of value.split(',')) {
    const match = /^(?:(order|up|down)=)?([0-9]{1,9})$/.exec(part)
    const key = match?.[1] ?? 'order'
    if (match === null || seen.has(key)) return right
    seen.add(key)
  }
  return undefined
}

/** `1` (all), `0` (none) or a list of device classes. */
function hotplugFeatures(value: string): string | undefined {
  const right = '1, 0 or a list of network, disk, cpu, memory, usb and cloudinit'
  if (value === '0' || value === '1' || value === '') return undefined
  return splitList(value).every(word => ['network', 'disk', 'cpu', 'memory', 'usb', 'cloudinit'].includes(word)) ? undefined : right
}

/** The physical address bits of a CPU: 8 to 64, or those of the host. */
function physicalBits(value: string): string | undefined {
  const bits = /^[1-9][0-9]?$/.test(value) ? Number(value) : 0
  return value === 'host' || (bits >= 8 && bits <= 64) ? undefined : "a number from 8 to 64, or 'host'"
}

const checks: Readonly<Record<string, FormatCheck>> = {
  ...networkFormats,
  'pve-configid': configId,
  'pve-day-of-week': matches(/^(?:mon|tue|wed|thu|fri|sat|sun)$/, 'a day of the week: mon, tue, wed, thu, fri, sat or sun', 3),
  'pve-vmid': vmid,
  'pve-node': node,
  'pve-storage-id': storageId,
  'pve-poolid': matches(/^[a-z0-9._-]+(?:\/[a-z0-9._-]+){0,2}$/i, 'a pool name of letters, digits, ., - and _, at most three levels joined by /', 192),
  'pve-groupid': matches(/^[a-z0-9.\-_]+$/i, 'a group name of letters, digits, ., - and _', 64),
  'pve-roleid': matches(/^[a-z0-9.\-_]+$/i, 'a role name of letters, digits, ., - and _', 64),
  'pve-userid': userId,
  'pve-tokenid': matches(new RegExp(`^${userName}@${realm}![a-z][a-z0-9.\\-_]+$`, 'i'), 'a token such as root@pam!backup', 192),
  'pve-realm': matches(new RegExp(`^${realm}$`, 'i'), 'a realm such as pam', 32),
  'pve-priv': matches(/^[A-Za-z][A-Za-z.]*$/, 'a privilege such as VM.Audit', 64),
  'pve-iface': networkInterface,
  'pve-bridge-id': bridge,
  'dns-name': dnsName,
  'pve-volume-id': volumeId,
  'pve-volume-id-or-qm-path': value => value === 'none' || value === 'cdrom' ? undefined
    : value.startsWith('/') ? absolutePath(value)
      : volumeId(value) === undefined || /^[a-z][a-z0-9\-_.]*[a-z0-9]:[0-9]+(?:\.[0-9]+)?$/i.test(value) ? undefined
        : 'a volume id such as local:100/vm-100-disk-0.qcow2, <storage>:<size in GiB> for a new disk, an absolute path, none or cdrom',
  'pve-volume-id-or-absolute-path': value => value.startsWith('/') ? absolutePath(value)
    : volumeId(value) === undefined ? undefined : 'a volume id such as local:100/vm-100-disk-0.qcow2 or an absolute path',
  'pve-storage-path': absolutePath,
  'pve-storage-path-in-property-string': value => absolutePath(value) ?? (/[,=]/.test(value) ? "an absolute path without ',' and '='" : undefined),
  'pve-storage-content': oneOf('pve-storage-content'),
  'pve-storage-vgname': matches(/^[a-z0-9][a-z0-9\-_.+]+$/i, 'the name of a volume group or pool', 128),
  'pve-storage-options': matches(/^[^\s\u0000-\u001f]+$/, 'mount options joined by commas, without spaces', 4096),
  'pve-storage-zfs-blocksize': matches(/^[1-9][0-9]*(?:k|M)?$/i, 'a block size such as 16k', 12),
  'pve-dir-override': dirOverride,
  'pve-calendar-event': calendarEventFault,
  'pve-replication-job-id': matches(/^[1-9][0-9]{2,8}-[0-9]{1,9}$/, 'a replication job such as 100-0', 19),
  'pve-ha-resource-id': matches(/^(?:vm|ct):[1-9][0-9]{2,8}$/, 'a resource such as vm:100', 12),
  'pve-ha-resource-or-vm-id': matches(/^(?:(?:vm|ct):)?[1-9][0-9]{2,8}$/, 'a guest number such as 100 or a resource such as vm:100', 12),
  'pve-ha-group-node': matches(new RegExp(`^${dnsLabel}(?::[0-9]{1,9})?$`, 'i'), 'a node with an optional priority, such as h1:2', 73),
  'pve-ha-node': matches(new RegExp(`^${dnsLabel}(?::[0-9]{1,9})?$`, 'i'), 'a node with an optional priority, such as h1:2', 73),
  'pve-tag': matches(/^[a-z0-9_][a-z0-9_\-+.]*$/i, 'a tag of letters, digits, _, -, + and .', 128),
  'pve-upid': matches(
    /^UPID:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:/\s]{1,64}:[^:/\s]{0,128}:[^:/\s]{1,192}:$/i,
    'a task id such as UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:', 512),
  'pve-task-status-type': oneOf('pve-task-status-type'),
  'pve-startup-order': startupOrder,
  'pve-cpuset': cpuSet,
  'pve-phys-bits': physicalBits,
  'pve-hotplug-features': hotplugFeatures,
  'pve-qm-bootdev': matches(/^(?:(?:ide|sata|scsi|virtio|net|efidisk|tpmstate)[0-9]{1,2}|usb[0-9]{1,2}|hostpci[0-9]{1,2})$/, 'a device such as scsi0 or net0', 16),
  'pve-qm-bootdisk': matches(/^(?:ide|sata|scsi|virtio)[0-9]{1,2}$/, 'a disk such as scsi0', 8),
  'pve-ct-timezone': matches(/^(?:host|[A-Za-z0-9][A-Za-z0-9+_-]*(?:\/[A-Za-z0-9+_-]+){0,3})$/, "a time zone such as Europe/Vienna, or 'host'", 64),
  'pve-lxc-mp-string': matches(/^[^,\u0000-\u001f]+$/, 'a text without commas', 4096),
  'pve-lxc-dev-string': value => value.startsWith('/dev/') ? absolutePath(value) : 'the path of a device below /dev',
  'disk-size': diskSize,
  'urlencoded': urlEncoded,
  'string': () => undefined,
  'storage-pair': matches(/^(?:1|[a-z][a-z0-9\-_.]*[a-z0-9](?::[a-z][a-z0-9\-_.]*[a-z0-9])?)$/i, 'a storage, or a pair such as from:to', 201),
  'bridge-pair': matches(/^(?:1|[-_.\w]{1,15}(?::[-_.\w]{1,15})?)$/, 'a bridge, or a pair such as vmbr0:vmbr1', 31),
  'email': email,
  'email-or-username': value => email(value) === undefined || userId(value) === undefined ? undefined : 'an e-mail address or a user such as root@pam',
  'ldap-simple-attr': matches(/^[a-z0-9]+$/i, 'the name of an LDAP attribute', 256),
  'pve-acme-domain': matches(new RegExp(`^(?:\\*\\.)?${dnsLabel}(?:\\.${dnsLabel})+$`, 'i'), 'a domain such as h1.example.com', 255),
  'pve-acme-alias': matches(new RegExp(`^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\\.${dnsLabel})+$`, 'i'), 'a domain such as alias.example.com', 255),
  'graphite-path': matches(/^[a-z0-9_][a-z0-9_.-]*$/i, 'a path of names joined by dots', 256),
  'pve-sdn-fabric-id': matches(/^[a-z0-9](?:[a-z0-9-]{0,6}[a-z0-9])?$/i, 'a fabric name of at most 8 letters and digits', 8),
  'pve-sdn-bgp-rt': matches(/^[0-9]{1,10}:[0-9]{1,10}$/, 'a route target such as 65000:100', 21),
  'pem-certificate-chain': matches(/^-----BEGIN CERTIFICATE-----/, 'certificates in PEM form', 1024 * 1024),
  'pem-string': matches(/^-----BEGIN [A-Z ]+-----/, 'a text in PEM form', 1024 * 1024),
}

/** All names of formats that checkFormat knows, without the suffixes -list and -opt. */
export const formatNames: readonly string[] = Object.keys(checks)

/**
 * Checks a value by a named format. `<name>-list` is a list of such values (commas, semicolons or spaces between them), `<name>-opt`
 * may be empty.
 * @returns what a right value is ("a guest number from 100 to 999999999"), or undefined when it is one.
 * @throws Error for a name that does not exist: a mistake in a schema, not in the input.
 */
export function checkFormat(name: string, value: string): string | undefined {
  const own = Object.hasOwn(checks, name) ? checks[name] : undefined
  if (own !== undefined) return own(value)
  const base = baseName(name)
  const check = Object.hasOwn(checks, base) ? checks[base] : undefined
  if (check === undefined) throw new Error(`there is no format '${name}'`)
  if (name.endsWith('-opt')) return value === '' ? undefined : check(value)
  for (const item of splitList(value)) {
    const right = check(item)
    if (right !== undefined) return `a list in which each item is ${right}`
  }
  return undefined
}

/** For a value that checkFormat refused: the word that was probably meant, where the format is one of a few, or a list of them. */
export function formatHint(name: string, value: string): string {
  const words = choices[baseName(name)] ?? choices[name.replace(/-(?:a?list|opt)$/, '')]
  const wrong = words === undefined ? undefined : splitList(value).find(item => !words.includes(item))
  return words === undefined || wrong === undefined ? '' : didYouMean(wrong, words)
}

function baseName(name: string): string {
  return Object.hasOwn(checks, name) ? name : name.replace(/-(?:a?list|opt)$/, '')
}

/**
 * The items of a list as Proxmox VE splits it: at commas, semicolons and white space, or at NUL where there is one (the old form in which
 * its API sent repeated parameters).
 */
export function splitList(text: string): string[] {
  if (text.includes('\0')) return text.split('\0')
  return text.split(/[,;\s]+/).filter(item => item !== '')
}
