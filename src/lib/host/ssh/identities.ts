// The keys that prove who we are: those of ssh-agent and those in files. A key in a file is opened only when the host would take it, so
// a passphrase is asked for no key that is of no use.
import type {BaseAgent, ParsedKey} from 'ssh2'
import {AppError, CancelledError, UnavailableError, printable} from '../../base/index.ts'
import {readSmallFile} from './config-files.ts'
import {keyTypeOf} from './known-hosts.ts'
import type {Hop} from './route.ts'
import {ssh2} from './ssh2-package.ts'
import type {SshPrompt} from './types.ts'

const maxKeyBytes = 64 * 1024
const maxPassphrases = 3
const agentLimitMs = 5000

export interface Identity {
  /** How it is called in messages. */
  readonly label: string
  readonly publicKey: ParsedKey
  /** @throws UnavailableError when the key cannot be used, CancelledError */
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>
}

export interface Identities {
  readonly identities: readonly Identity[]
  /** What could not be used and why, a sentence each. */
  readonly remarks: readonly string[]
}

/**
 * In OpenSSH's order: named keys that the agent holds, other keys of the agent (not with IdentitiesOnly), then files.
 * @param hop `identityFiles`, `identitiesOnly`, `agentSocket`
 */
export async function loadIdentities(hop: Hop, prompt: SshPrompt | undefined): Promise<Identities> {
  const remarks: string[] = []
  const files = hop.identityFiles.flatMap((path) => {
    const found = loadFile(path, prompt)
    if (found === undefined) {
      if (hop.isIdentityNamed) remarks.push(`The key ${path} does not exist.`)
      return []
    }
    if ('remark' in found) { remarks.push(found.remark); return [] }
    return [found]
  })
  const held = hop.agentSocket === undefined ? [] : await agentIdentities(hop.agentSocket).catch((error: unknown) => {
    remarks.push(`ssh-agent could not be asked for keys (${error instanceof Error ? printable(error.message) : 'unknown failure'}).`)
    return []
  })
  const isSame = (one: Identity) => (other: Identity) => one.publicKey.getPublicSSH().equals(other.publicKey.getPublicSSH())
  const named = files.flatMap((file) => held.filter(isSame(file)))
  const others = hop.identitiesOnly ? [] : held.filter((identity) => !files.some(isSame(identity)))
  return {identities: [...named, ...others, ...files.filter((file) => !held.some(isSame(file)))], remarks}
}

/** Gives ssh2 one identity at a time, so that it is known which were tried. */
export function agentOf(identity: Identity, onFailure: (error: unknown) => void): BaseAgent {
  class OneKey extends ssh2().BaseAgent<ParsedKey> {
    override getIdentities(callback: (error: Error | undefined | null, keys?: ParsedKey[]) => void): void {
      callback(null, [identity.publicKey])
    }
    override sign(_key: ParsedKey, data: Buffer, options: unknown, callback?: unknown): void {
      const hash = typeof options === 'object' && options !== null ? (options as {hash?: string}).hash : undefined
      const answer = (typeof options === 'function' ? options : callback) as (error: Error | undefined | null, signature?: Buffer) => void
      identity.sign(data, hash).then((signature) => answer(null, signature), (error: unknown) => {
        onFailure(error)
        answer(error instanceof Error ? error : new Error('unknown failure'))
      })
    }
  }
  return new OneKey()
}

async function agentIdentities(socketPath: string): Promise<Identity[]> {
  const agent = new (ssh2().OpenSSHAgent)(socketPath)
  const keys = await new Promise<ParsedKey[]>((resolve, reject) => {
    const timer = setTimeout(() => { reject(new UnavailableError(`it did not answer within ${agentLimitMs / 1000} s`)) }, agentLimitMs)
    agent.getIdentities((error, found) => {
      clearTimeout(timer)
      if (error instanceof Error) reject(error)
      else resolve((found ?? []) as ParsedKey[])
    })
  })
  return keys.map((publicKey) => ({
    label: `${publicKey.type} ${printable(publicKey.comment)} (ssh-agent)`.replace('  ', ' '), publicKey,
    sign: (data, hash) => new Promise((resolve, reject) => {
      agent.sign(publicKey, data, hash === undefined ? {} : {hash: hash as 'sha256'}, (error, signature) => {
        if (signature !== undefined && signature !== null) resolve(signature)
        else reject(new UnavailableError('ssh-agent refused to sign', {cause: error}))
      })
    }),
  }))
}

type FileIdentity = Identity | {readonly remark: string} | undefined

function loadFile(path: string, prompt: SshPrompt | undefined): FileIdentity {
  let bytes: Buffer | undefined
  try {
    let isOpenToOthers = false
    // ssh refuses a key of the user's that others can read: it has to be taken as known to them.
    bytes = readSmallFile(path, (uid, mode) => { isOpenToOthers = uid === (process.getuid?.() ?? 0) && (mode & 0o077) !== 0 }, maxKeyBytes)
    if (isOpenToOthers) return {remark: `The key ${path} can be read by others, so it is not used (chmod 600 ${path}).`}
  } catch (error) {
    return {remark: `The key ${path} cannot be read (${error instanceof AppError ? error.message : 'unknown failure'}).`}
  }
  if (bytes === undefined) return undefined
  const parsed = parse(bytes)
  if (!(parsed instanceof Error)) {
    return parsed.isPrivateKey() ? {label: path, publicKey: parsed, sign: async (data, hash) => signWith(parsed, data, hash, path)} : {remark: `${path} holds a public key, not a private one.`}
  }
  const type = keyTypeOf(publicBlob(bytes) ?? Buffer.alloc(0))
  if (type?.startsWith('sk-') === true) return {remark: `The key ${path} is on a security token (FIDO), which is not supported, not through ssh-agent either; use another key for this host.`}
  if (!/encrypted/i.test(parsed.message)) return {remark: `The key ${path} is of a kind that cannot be read here; ssh-agent may be able to (ssh-add ${path}).`}
  const publicKey = fromBlob(publicBlob(bytes)) ?? publicFile(`${path}.pub`)
  if (publicKey === undefined) return {remark: `The key ${path} is encrypted, and ${path}.pub is missing; load it into ssh-agent (ssh-add ${path}).`}
  return {label: path, publicKey, sign: async (data, hash) => signWith(await unlock(bytes, path, prompt), data, hash, path)}
}

function parse(bytes: Buffer, passphrase?: string): ParsedKey | Error {
  const parsed = ssh2().utils.parseKey(bytes, passphrase) as ParsedKey | ParsedKey[] | Error
  return Array.isArray(parsed) ? parsed[0] ?? new Error('no key') : parsed
}

function signWith(key: ParsedKey, data: Buffer, hash: string | undefined, path: string): Buffer {
  const signature: unknown = key.sign(data, hash)
  if (Buffer.isBuffer(signature)) return signature
  throw new UnavailableError(`the key ${path} could not sign`, {cause: signature})
}

async function unlock(bytes: Buffer, path: string, prompt: SshPrompt | undefined): Promise<ParsedKey> {
  if (prompt === undefined) {
    throw new UnavailableError(`the key ${path} is encrypted, and there is no terminal to ask for its passphrase; load it into ssh-agent (ssh-add ${path})`)
  }
  for (let tries = 0; tries < maxPassphrases; tries++) {
    const passphrase = await prompt.askSecret(`Passphrase for the key ${printable(path)}: `)
    if (passphrase === undefined) throw new CancelledError('no passphrase was given')
    if (passphrase === '') break
    const key = parse(bytes, passphrase)
    if (!(key instanceof Error)) return key
    prompt.notice('That is not its passphrase.')
  }
  throw new UnavailableError(`the key ${path} was not opened: its passphrase was not given`)
}

const opensshHeader = Buffer.from('openssh-key-v1\0', 'latin1')

/** OpenSSH's own format keeps the public key outside of what is encrypted (PROTOCOL.key). */
function publicBlob(bytes: Buffer): Buffer | undefined {
  const found = /^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END/.exec(bytes.toString('latin1'))
  if (found?.[1] === undefined) return undefined
  const body = Buffer.from(found[1], 'base64')
  if (!body.subarray(0, opensshHeader.length).equals(opensshHeader)) return undefined
  let offset = opensshHeader.length
  const next = (): Buffer | undefined => {
    if (offset + 4 > body.length) return undefined
    const length = body.readUInt32BE(offset)
    const part = body.subarray(offset + 4, offset + 4 + length)
    offset += 4 + length
    return part.length === length ? part : undefined
  }
  // Names of cipher and key derivation, its options, the number of keys.
  next()
  next()
  next()
  offset += 4
  return next()
}

function publicFile(path: string): ParsedKey | undefined {
  try {
    const bytes = readSmallFile(path, undefined, maxKeyBytes)
    const parsed = bytes === undefined ? undefined : parse(bytes)
    return parsed === undefined || parsed instanceof Error ? undefined : parsed
  } catch {
    return undefined
  }
}

function fromBlob(blob: Buffer | undefined): ParsedKey | undefined {
  const type = blob === undefined ? undefined : keyTypeOf(blob)
  const parsed = blob === undefined || type === undefined ? undefined : parse(Buffer.from(`${type} ${blob.toString('base64')}\n`))
  return parsed === undefined || parsed instanceof Error ? undefined : parsed
}
