// Connects to a host, through others where there are jumps: socket, exchange of keys, proof of identity. The only module, with identities.ts,
// that knows the ssh2 package; its native parts are optional and are not asked for.
import {connect as connectSocket} from 'node:net'
import type {Duplex} from 'node:stream'
import type {Client, ConnectConfig, ServerHostKeyAlgorithm} from 'ssh2'
import {AppError, CancelledError, UnauthenticatedError, UnavailableError, printable} from '../../base/index.ts'
import {connectionOf} from './connection.ts'
import type {HostKeyCheck} from './host-keys.ts'
import {hostKeyCheck} from './host-keys.ts'
import type {Identity} from './identities.ts'
import {agentOf, loadIdentities} from './identities.ts'
import {fingerprintOf, keyTypeOf} from './known-hosts.ts'
import type {Hop} from './route.ts'
import {routeTo} from './route.ts'
import {ssh2} from './ssh2-package.ts'
import {timeLimit} from './time-limit.ts'
import type {TimeLimit} from './time-limit.ts'
import type {SshConnection, SshOptions, SshPeer, SshPrompt, SshTarget} from './types.ts'

const defaultConnectTimeoutMs = 10_000
const defaultKeepaliveMs = 10_000
const keepaliveMisses = 3

/** See `connectSsh` in index.ts. */
export async function connectSsh(target: SshTarget, options: SshOptions): Promise<SshConnection> {
  if (options.signal?.aborted === true) throw new CancelledError()
  const hops = routeTo(target, options)
  const reached: Reached[] = []
  try {
    for (const hop of hops) reached.push(await reach(hop, reached.at(-1)?.client, options))
  } catch (error) {
    for (const {client} of reached.reverse()) client.destroy()
    throw error
  }
  const last = reached.at(-1)
  if (last === undefined) throw new AppError('internal', 'a route without hosts')
  return connectionOf(last.client, last.peer, reached.slice(0, -1).map(({client}) => client))
}

interface Reached {
  readonly client: Client
  readonly peer: SshPeer
}

/** One hop: everything that was opened is closed again when it fails. */
async function reach(hop: Hop, via: Client | undefined, options: SshOptions): Promise<Reached> {
  const limitMs = options.connectTimeoutMs ?? hop.connectTimeoutMs ?? defaultConnectTimeoutMs
  const attempt = new AbortController()
  const limit = timeLimit(limitMs, () => {
    attempt.abort(unavailable(hop, `it did not answer within ${limitMs / 1000} s`))
  })
  const onCancel = () => { attempt.abort(new CancelledError()) }
  options.signal?.addEventListener('abort', onCancel, {once: true})
  try {
    const prompt = options.prompt === undefined ? undefined : unhurried(options.prompt, limit)
    const socket = await openSocket(hop, via, attempt.signal)
    return await handshake(hop, socket, prompt, options.keepaliveIntervalMs ?? defaultKeepaliveMs, attempt.signal)
  } finally {
    limit.stop()
    options.signal?.removeEventListener('abort', onCancel)
  }
}

/** The clock stands still while the user thinks. */
function unhurried(prompt: SshPrompt, limit: TimeLimit): SshPrompt {
  const slowly = async <T>(work: () => Promise<T>): Promise<T> => {
    limit.pause()
    try {
      return await work()
    } finally {
      limit.resume()
    }
  }
  return {
    ask: (lines, question) => slowly(() => prompt.ask(lines, question)),
    askSecret: (question) => slowly(() => prompt.askSecret(question)),
    notice: (line) => { prompt.notice(line) },
  }
}

function openSocket(hop: Hop, via: Client | undefined, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const onAbort = () => { reject(asError(signal.reason)) }
    signal.addEventListener('abort', onAbort, {once: true})
    if (signal.aborted) { onAbort(); return }
    if (via !== undefined) {
      via.forwardOut('127.0.0.1', 0, hop.host, hop.port, (error, channel) => {
        if (error !== undefined && error !== null) reject(unavailable(hop, 'the jump host could not reach it', error))
        else if (signal.aborted) channel.destroy()
        else resolve(channel)
      })
      return
    }
    const socket = connectSocket({host: hop.host, port: hop.port, family: hop.addressFamily === 'inet' ? 4 : hop.addressFamily === 'inet6' ? 6 : 0, noDelay: true})
    signal.addEventListener('abort', () => { socket.destroy() }, {once: true})
    socket.once('connect', () => {
      socket.removeListener('error', onError)
      resolve(socket)
    })
    const onError = (error: Error) => { reject(unavailable(hop, socketReason(error), error)) }
    socket.once('error', onError)
  })
}

function socketReason(error: Error): string {
  const first = error instanceof AggregateError ? (error.errors as unknown[]).at(-1) : error
  switch ((first as NodeJS.ErrnoException).code) {
    case 'ENOTFOUND': return 'there is no host of that name'
    case 'EAI_AGAIN': return 'its name could not be looked up'
    case 'ECONNREFUSED': return 'nothing listens there'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH': return 'there is no way to it'
    case 'ETIMEDOUT': return 'it did not answer'
    default: return 'the connection failed'
  }
}

function unavailable(hop: Hop, reason: string, cause?: unknown): UnavailableError {
  return new UnavailableError(`cannot reach ${placeOf(hop)}: ${reason}`, {
    ...(cause === undefined ? {} : {cause: cause instanceof Error ? new Error(printable(cause.message)) : cause}),
    data: {host: hop.host, port: hop.port},
  })
}

/** The name that the user knows, and where that led. */
function placeOf({name, host, port}: Hop): string {
  const isNamed = name.toLowerCase() === host
  if (port === 22) return isNamed ? name : `${name} (${host})`
  return isNamed ? `${name}, port ${port}` : `${name} (${host}, port ${port})`
}

/** Known types first: a host that has several keys then shows one that can be compared. SHA-1 and DSA are not offered. */
function hostKeyAlgorithms(knownTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  const all: ServerHostKeyAlgorithm[] = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256']
  const isKnown = (algorithm: string) => knownTypes.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  return [...all.filter(isKnown), ...all.filter((algorithm) => !isKnown(algorithm))]
}

function handshake(hop: Hop, socket: Duplex, prompt: SshPrompt | undefined, keepaliveIntervalMs: number, signal: AbortSignal): Promise<Reached> {
  return new Promise((resolve, reject) => {
    const client = new (ssh2().Client)()
    let hostKeys: HostKeyCheck
    try {
      hostKeys = hostKeyCheck({
        host: hop.host, port: hop.port, alias: hop.hostKeyAlias, userFiles: hop.userKnownHostsFiles, globalFiles: hop.globalKnownHostsFiles,
        strict: hop.strictHostKeyChecking, isHashed: hop.hashKnownHosts, ...(prompt === undefined ? {} : {prompt}),
      })
    } catch (error) {
      socket.destroy()
      reject(asError(error))
      return
    }
    let trusted: Buffer | undefined
    /** The reason of ours, where ssh2 only sees a connection that ends. */
    let failure: unknown
    const proof = proofOfIdentity(hop, prompt, (error) => { failure = error; client.destroy() })
    const fail = (error: unknown) => {
      signal.removeEventListener('abort', onAbort)
      reject(asError(failure ?? error))
      client.destroy()
      socket.destroy()
    }
    const onAbort = () => { fail(signal.reason) }
    signal.addEventListener('abort', onAbort, {once: true})
    client.on('error', (error: Error & {level?: string}) => {
      // A key that could not sign: the next one is tried.
      if (error.level === 'agent') return
      fail(error.level === 'client-authentication' || proof.hasBegun() ? proof.refusal(error) : unavailable(hop, reasonOf(error), error))
    })
    client.on('close', () => { fail(proof.hasBegun() ? proof.refusal(undefined) : unavailable(hop, 'it closed the connection')) })
    client.on('ready', () => {
      signal.removeEventListener('abort', onAbort)
      client.removeAllListeners('close')
      client.removeAllListeners('error')
      // Whoever waits for it sees its end by `close`; an error that nobody listens to would end the process.
      client.on('error', () => undefined)
      if (trusted === undefined) { fail(new AppError('internal', 'a host whose key was not looked at')); return }
      resolve({client, peer: {host: hop.host, port: hop.port, user: hop.user, hostKeyFingerprint: fingerprintOf(trusted), hostKeyType: keyTypeOf(trusted) ?? ''}})
    })
    const config: ConnectConfig = {
      sock: socket, username: hop.user, readyTimeout: 0, keepaliveInterval: keepaliveIntervalMs, keepaliveCountMax: keepaliveMisses,
      algorithms: {serverHostKey: hostKeyAlgorithms(hostKeys.knownTypes)},
      hostVerifier: (key: Buffer, verify: (isRight: boolean) => void) => {
        // Keys are exchanged again from time to time; the host must stay the one that was trusted.
        if (trusted !== undefined) { verify(trusted.equals(key)); return }
        const shown = Buffer.from(key)
        hostKeys.check(shown).then(
          () => { trusted = shown; verify(true) },
          (error: unknown) => { failure = error; verify(false) },
        )
      },
      authHandler: (methods, _isPartial, next) => { proof.next(methods, next as (method: unknown) => void) },
    }
    try {
      client.connect(config)
    } catch (error) {
      socket.destroy()
      fail(error)
    }
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new AppError('internal', 'something that is no error was thrown', {cause: error})
}

function reasonOf(error: Error): string {
  if (/^Timed out|ETIMEDOUT/.test(error.message)) return 'it did not answer'
  if (/before handshake/.test(error.message)) return 'it closed the connection before it said anything'
  if (/no matching/i.test(error.message)) return 'it has no method of encryption in common with us'
  return 'the connection failed'
}

interface Proof {
  hasBegun(): boolean
  next(methods: readonly string[] | null, give: (method: unknown) => void): void
  refusal(error: Error | undefined): UnauthenticatedError
}

/** Offers one key after the other and remembers which, for the message when none was taken. */
function proofOfIdentity(hop: Hop, prompt: SshPrompt | undefined, onCancelled: (error: unknown) => void): Proof {
  const tried: string[] = []
  /** The host wanted their signature, so it knows them. ssh2 does not pass on what it answers to that. */
  const known: string[] = []
  const remarks: string[] = []
  let accepted: readonly string[] = []
  let waiting: Identity[] | undefined
  let isNoneTried = false
  const nextIdentity = async (): Promise<Identity | undefined> => {
    if (waiting === undefined) {
      const loaded = await loadIdentities(hop, prompt)
      waiting = [...loaded.identities]
      remarks.push(...loaded.remarks)
    }
    return waiting.shift()
  }
  const advance = async (): Promise<unknown> => {
    if (!accepted.includes('publickey')) return false
    const identity = await nextIdentity()
    if (identity === undefined) return false
    tried.push(identity.label)
    const watched: Identity = {...identity, sign: async (data, hash) => {
      const signature = await identity.sign(data, hash)
      known.push(identity.label)
      return signature
    }}
    const agent = agentOf(watched, (error) => {
      if (error instanceof CancelledError) onCancelled(error)
      else remarks.push(sentence(error))
    })
    return {type: 'agent', username: hop.user, agent}
  }
  return {
    hasBegun: () => isNoneTried,
    next: (methods, give) => {
      // `none` makes the host say what it takes.
      if (!isNoneTried) { isNoneTried = true; give({type: 'none', username: hop.user}); return }
      accepted = methods ?? []
      advance().then(give, (error: unknown) => { onCancelled(error) })
    },
    refusal: (error) => new UnauthenticatedError(`${placeOf(hop)} does not let ${hop.user} in`, {
      ...(error === undefined || error.message.startsWith('All configured') ? {} : {cause: new Error(printable(error.message))}),
      data: {host: hop.host, port: hop.port, user: hop.user, methods: accepted, keysTried: tried},
      nextSteps: [
        tried.length === 0 ? 'There was no key to try.' : `Keys that were tried: ${tried.join(', ')}.`,
        ...(accepted.length === 0 ? [] : [`The host takes: ${accepted.map(printable).join(', ')}. Corral uses publickey only.`]),
        ...(known.length === 0 ? [] : [`The host knows ${known.join(', ')}, but does not let anybody in by that alone: it wants a further proof, which is not supported, or the login is closed.`]),
        ...new Set(remarks),
        `Put a public key into ${hop.user}'s authorized_keys there, or name the key: IdentityFile in ~/.ssh/config.`,
      ],
    }),
  }
}

function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : 'unknown failure'
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
