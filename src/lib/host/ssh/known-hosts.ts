// The format of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): reading, asking what is known of a host, and the line for a new one.
// Pure; it knows no files. Lines that it does not understand are passed over, as OpenSSH does.
import {createHash, createHmac, randomBytes, timingSafeEqual} from 'node:crypto'
import {matchList} from './patterns.ts'

export interface KnownHostLine {
  readonly marker: 'revoked' | 'cert-authority' | undefined
  readonly hosts: string
  readonly keyType: string
  /** The key as it goes over the wire. */
  readonly key: Buffer
  readonly path: string
  readonly line: number
}

export interface KnownHostsText {
  readonly path: string
  readonly text: string
}

export type Verdict =
  | {readonly verdict: 'known'}
  | {readonly verdict: 'revoked'; readonly where: KnownHostLine}
  /** Another key of this type is known. */
  | {readonly verdict: 'changed'; readonly where: KnownHostLine}
  /** `others`: keys of other types that are known; `authorities`: the host is known by certificate authorities. */
  | {readonly verdict: 'unknown'; readonly others: readonly KnownHostLine[]; readonly authorities: readonly KnownHostLine[]}

const maxLineChars = 32 * 1024

export function readKnownHosts({path, text}: KnownHostsText): KnownHostLine[] {
  return text.split('\n').flatMap((line, index) => {
    const read = readLine(line)
    return read === undefined ? [] : [{...read, path, line: index + 1}]
  })
}

function readLine(text: string): Pick<KnownHostLine, 'marker' | 'hosts' | 'keyType' | 'key'> | undefined {
  const line = text.trim()
  if (line === '' || line.startsWith('#') || line.length > maxLineChars) return undefined
  const words = line.split(/[ \t]+/)
  const mark = words[0]?.startsWith('@') === true ? words.shift() : undefined
  if (mark !== undefined && mark !== '@revoked' && mark !== '@cert-authority') return undefined
  const [hosts, keyType, base64] = words
  if (hosts === undefined || keyType === undefined || base64 === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const key = Buffer.from(base64, 'base64')
  if (keyTypeOf(key) !== keyType) return undefined
  return {marker: mark === undefined ? undefined : mark === '@revoked' ? 'revoked' : 'cert-authority', hosts, keyType, key}
}

/** The type that a key on the wire begins with; undefined when it is no key. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined
  const length = key.readUInt32BE(0)
  return length === 0 || length > 64 || key.length < 4 + length ? undefined : key.toString('latin1', 4, 4 + length)
}

/** How a host is called in known_hosts: `name`, or `[name]:port`. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

/** Whether the first field of a line, plain or hashed, speaks of the host. */
export function namesHost(hosts: string, name: string): boolean {
  if (!hosts.startsWith('|')) return matchList(name, hosts.split(',').map((pattern) => pattern.toLowerCase())) === 'matched'
  const [, scheme, salt = '', hash = ''] = hosts.split('|')
  if (scheme !== '1') return false
  const expected = Buffer.from(hash, 'base64')
  const actual = hashName(name, Buffer.from(salt, 'base64'))
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

function hashName(name: string, salt: Buffer): Buffer {
  return createHmac('sha1', salt).update(name).digest()
}

/**
 * What the files say of a key that a host showed.
 * @param names of which the first that is known counts: `[host]:port`, then `host`, where a key is taken but its change is not judged
 */
export function judgeHostKey(lines: readonly KnownHostLine[], names: readonly string[], key: Buffer): Verdict {
  const about = (name: string) => lines.filter(({hosts}) => namesHost(hosts, name))
  const [first = '', ...rest] = names
  const own = about(first)
  const revoked = names.flatMap(about).find((line) => line.marker === 'revoked' && line.key.equals(key))
  if (revoked !== undefined) return {verdict: 'revoked', where: revoked}
  const isKnown = (candidates: readonly KnownHostLine[]) => candidates.some((line) => line.marker === undefined && line.key.equals(key))
  if (isKnown(own)) return {verdict: 'known'}
  const plain = own.filter(({marker}) => marker === undefined)
  const changed = plain.find(({keyType}) => keyType === keyTypeOf(key))
  if (changed !== undefined) return {verdict: 'changed', where: changed}
  if (rest.some((name) => isKnown(about(name)))) return {verdict: 'known'}
  return {verdict: 'unknown', others: plain, authorities: own.filter(({marker}) => marker === 'cert-authority')}
}

/** The types of key by which a host is known, so that it can be asked for one of them. */
export function knownKeyTypes(lines: readonly KnownHostLine[], names: readonly string[]): string[] {
  return [...new Set(lines.filter(({hosts, marker}) => marker === undefined && names.some((name) => namesHost(hosts, name))).map(({keyType}) => keyType))]
}

/** A line for known_hosts, with its end. */
export function formatKnownHost(name: string, key: Buffer, isHashed: boolean): string {
  const salt = randomBytes(20)
  const hosts = isHashed ? `|1|${salt.toString('base64')}|${hashName(name, salt).toString('base64')}` : name
  return `${hosts} ${keyTypeOf(key) ?? ''} ${key.toString('base64')}\n`
}

/** `SHA256:` and the hash in base64 without padding, as ssh-keygen -l prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`
}
