// Decides whether the key that a host shows is its own: by known_hosts, or by the user on a terminal. Never by itself.
import {closeSync, constants, fsyncSync, mkdirSync, openSync, writeSync} from 'node:fs'
import {dirname} from 'node:path'
import {ForbiddenError, UnavailableError, printable} from '../../base/index.ts'
import {readSmallFile} from './config-files.ts'
import type {KnownHostLine, Verdict} from './known-hosts.ts'
import {fingerprintOf, formatKnownHost, judgeHostKey, keyTypeOf, knownHostName, knownKeyTypes, readKnownHosts} from './known-hosts.ts'
import type {SshPrompt} from './types.ts'

const maxKnownHostsBytes = 16 * 1024 * 1024
const maxAnswers = 3

export interface HostKeyPolicy {
  /** Where it is reached. */
  readonly host: string
  readonly port: number
  readonly alias: string | undefined
  /** The first takes new keys. */
  readonly userFiles: readonly string[]
  readonly globalFiles: readonly string[]
  readonly strict: 'yes' | 'ask'
  readonly isHashed: boolean
  readonly prompt?: SshPrompt
}

export interface HostKeyCheck {
  /** The types by which the host is known. */
  readonly knownTypes: readonly string[]
  /** Resolves when the key may be trusted. @throws ForbiddenError that says why not */
  check(key: Buffer): Promise<void>
}

/** Reads the files of known hosts. @throws UnavailableError when one cannot be read */
export function hostKeyCheck(policy: HostKeyPolicy): HostKeyCheck {
  const lines = [...policy.userFiles, ...policy.globalFiles].flatMap((path) => {
    const bytes = readSmallFile(path, undefined, maxKnownHostsBytes)
    return bytes === undefined ? [] : readKnownHosts({path, text: bytes.toString('utf8')})
  })
  const names = namesOf(policy)
  return {knownTypes: knownKeyTypes(lines, names), check: (key) => decide(judgeHostKey(lines, names, key), key, policy)}
}

/** An alias stands for name and port; a host on another port may be known by its name alone, as OpenSSH allows. */
function namesOf({host, port, alias}: HostKeyPolicy): string[] {
  if (alias !== undefined) return [alias.toLowerCase()]
  return port === 22 ? [knownHostName(host, 22)] : [knownHostName(host, port), knownHostName(host, 22)]
}

async function decide(verdict: Verdict, key: Buffer, policy: HostKeyPolicy): Promise<void> {
  const [name = ''] = namesOf(policy)
  switch (verdict.verdict) {
    case 'known': return
    case 'revoked':
      throw new ForbiddenError(`the host key of ${name} is revoked`, {
        data: factsOf(key, verdict.where), nextSteps: [`It was revoked in ${placeOf(verdict.where)}. Give the host a new key, or find out who is answering in its place.`],
      })
    case 'changed':
      throw new ForbiddenError(`the host key of ${name} has changed: somebody may be answering in its place`, {
        data: factsOf(key, verdict.where),
        nextSteps: [
          `It showed the ${shortType(key)} key ${fingerprintOf(key)}; ${placeOf(verdict.where)} has ${fingerprintOf(verdict.where.key)}.`,
          `If you know why it changed, remove the old key, then connect again: ssh-keygen -f ${verdict.where.path} -R '${name}'`,
        ],
      })
    case 'unknown': return askAbout(verdict, key, policy, name)
  }
}

async function askAbout(verdict: Verdict & {verdict: 'unknown'}, key: Buffer, policy: HostKeyPolicy, name: string): Promise<void> {
  const {prompt, strict} = policy
  const fingerprint = fingerprintOf(key)
  const type = shortType(key)
  const viaAuthority = verdict.authorities[0]
  if (prompt === undefined || strict === 'yes') {
    throw new ForbiddenError(`the host key of ${name} is not known`, {
      data: {...factsOf(key), hostKeyUnknown: true},
      nextSteps: [
        `It showed the ${type} key ${fingerprint}.`,
        ...(viaAuthority === undefined ? [] : [`${placeOf(viaAuthority)} knows the host by a certificate authority; host certificates are not supported, its plain key must be known.`]),
        strict === 'yes' ? 'Add its key to a file of known hosts (StrictHostKeyChecking forbids to ask).'
          : 'Connect once from a terminal to see the key and accept it, or add it to ~/.ssh/known_hosts.',
      ],
    })
  }
  const lines = [
    `The host ${name}${policy.host === name || name.includes(policy.host) ? '' : ` (${policy.host})`} is not known yet.`,
    `Its ${type} key has the fingerprint ${fingerprint}.`,
    ...verdict.others.slice(0, 4).map((other) => `WARNING: another key is known for it, of type ${other.keyType} (${placeOf(other)}).`),
    ...(viaAuthority === undefined ? [] : [`It is known by a certificate authority (${placeOf(viaAuthority)}), but host certificates are not supported.`]),
  ]
  for (let tries = 0; tries < maxAnswers; tries++) {
    const answer = (await prompt.ask(tries === 0 ? lines.map(printable) : [], 'Trust it and remember it? (yes, no, or the fingerprint) '))?.trim()
    if (answer === undefined || answer.toLowerCase() === 'no') break
    if (answer.toLowerCase() === 'yes' || answer === fingerprint) return remember(name, key, policy)
    prompt.notice('Please answer yes or no, or give the fingerprint that you expect.')
  }
  throw new ForbiddenError(`the host key of ${name} was not accepted`, {data: factsOf(key)})
}

/** Appends the key; the file is synced, so that the answer is not asked for again. */
function remember(name: string, key: Buffer, {userFiles, isHashed, prompt}: HostKeyPolicy): void {
  const [path] = userFiles
  if (path === undefined) return
  try {
    mkdirSync(dirname(path), {recursive: true, mode: 0o700})
    const before = readSmallFile(path, undefined, maxKnownHostsBytes)
    const needsLineEnd = before !== undefined && before.length > 0 && before.at(-1) !== 0x0a
    const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOCTTY | constants.O_NONBLOCK, 0o600)
    try {
      writeSync(file, `${needsLineEnd ? '\n' : ''}${formatKnownHost(name, key, isHashed)}`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    prompt?.notice(`Added ${name} to ${path}.`)
  } catch (error) {
    throw new UnavailableError(`the host key of ${name} could not be added to ${path}`, {cause: error})
  }
}

/** `ED25519` for ssh-ed25519, as OpenSSH says it. */
function shortType(key: Buffer): string {
  const type = keyTypeOf(key) ?? 'unknown'
  return type.startsWith('ecdsa-') ? 'ECDSA' : type.replace(/^ssh-/, '').toUpperCase()
}

function placeOf({path, line}: KnownHostLine): string {
  return `${path}, line ${line}`
}

function factsOf(key: Buffer, where?: KnownHostLine): Record<string, unknown> {
  return {
    hostKeyType: keyTypeOf(key), hostKeyFingerprint: fingerprintOf(key),
    ...(where === undefined ? {} : {knownHostsFile: where.path, knownHostsLine: where.line}),
  }
}
