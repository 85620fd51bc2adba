// From the name that a user gives to the hosts that have to be reached one through the other, each with all that its connection needs. Reads
// OpenSSH's configuration; connects to nothing.
import {homedir, hostname} from 'node:os'
import {AppError, InvalidInputError} from '../../base/index.ts'
import {defaultConfigFiles, includedFiles, readConfigFiles} from './config-files.ts'
import type {ConfigText, SshConfig} from './ssh-config.ts'
import {checkSupported, readSshConfig} from './ssh-config.ts'
import {checkHost, checkSshTarget, checkUser, parseSshTarget} from './target.ts'
import type {TokenValues} from './tokens.ts'
import {expandPath, localUserName} from './tokens.ts'
import type {SshOptions, SshTarget} from './types.ts'

const maxHops = 8

/** A host to connect to, with every name and path worked out. */
export interface Hop {
  /** As it was named. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly addressFamily: SshConfig['addressFamily']
  readonly connectTimeoutMs: number | undefined
  /** Private keys to try, in order. */
  readonly identityFiles: readonly string[]
  /** They were named by the user or the configuration, so that one that is missing is worth a word. */
  readonly isIdentityNamed: boolean
  readonly identitiesOnly: boolean
  /** The socket of ssh-agent. */
  readonly agentSocket: string | undefined
  readonly userKnownHostsFiles: readonly string[]
  readonly globalKnownHostsFiles: readonly string[]
  readonly hostKeyAlias: string | undefined
  readonly strictHostKeyChecking: 'yes' | 'ask'
  readonly hashKnownHosts: boolean
}

/** ssh_config(5), IdentityFile. Keys on security tokens work through ssh-agent only. */
const defaultIdentities = ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519']
const defaultUserKnownHosts = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']
const defaultGlobalKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

interface Reading {
  readonly files: readonly ConfigText[]
  readonly home: string
  readonly localUser: string
  readonly env: SshOptions['env']
}

/**
 * The hops in the order in which they are connected, the target last.
 * @throws InvalidInputError (names, configuration, a circle of jumps), UnsupportedError, ForbiddenError (a configuration that others may write)
 */
export function routeTo(target: SshTarget, options: Pick<SshOptions, 'env' | 'home' | 'configFiles'>): Hop[] {
  checkSshTarget(target)
  const home = options.home ?? homedir()
  const reading: Reading = {
    files: readConfigFiles(options.configFiles ?? defaultConfigFiles(home)), home, localUser: localUserName(), env: options.env,
  }
  return route(target, reading, [])
}

function route(target: SshTarget, reading: Reading, seen: readonly string[]): Hop[] {
  const {home, localUser} = reading
  const {host: name, user, port} = target
  const query = {
    host: name, localUser, ...(user === undefined ? {} : {user}), ...(port === undefined ? {} : {port}),
    include: (pattern: string, from: ConfigText) => includedFiles(pattern, from, {home, localUser}),
  }
  const config = readSshConfig(query, reading.files)
  checkSupported(name, config)
  const hop = hopOf(target, config, reading)
  const key = `${hop.user}@${hop.host}:${hop.port}`
  if (seen.includes(key)) throw new InvalidInputError(`the jump hosts of '${name}' lead back to it`)
  if (seen.length >= maxHops) throw new InvalidInputError(`more than ${maxHops} jump hosts are on the way to '${name}'`)
  const jumps = target.jump ?? (config.proxyJump === undefined ? [] : parseJumps(config.proxyJump, name))
  const deeper = [...seen, key]
  // As with ssh -J: only the first of a chain may have jumps of its own.
  const before = jumps.flatMap((jump, index) => route(index === 0 ? jump : {...jump, jump: []}, reading, deeper))
  if (before.length + 1 > maxHops) throw new InvalidInputError(`more than ${maxHops} jump hosts are on the way to '${name}'`)
  return [...before, hop]
}

function parseJumps(text: string, name: string): SshTarget[] {
  try {
    return text.split(',').map(parseSshTarget)
  } catch (error) {
    const reason = error instanceof AppError ? `: ${error.message}` : ''
    throw new InvalidInputError(`the jump hosts of '${name}' in the SSH configuration cannot be read${reason}`, {}, {cause: error})
  }
}

function hopOf(target: SshTarget, config: SshConfig, {home, localUser, env}: Reading): Hop {
  const host = checkHost(config.hostName)
  const user = checkUser(config.user ?? localUser)
  const port = config.port ?? 22
  const values: TokenValues = {
    home, localUser, localHost: hostname(), originalHost: target.host, host, port, user, hostKeyAlias: config.hostKeyAlias, uid: process.getuid?.() ?? 0, env,
  }
  const paths = (list: readonly string[]) => list.map((path) => expandPath(path, values))
  const named = target.identityFiles ?? config.identityFiles
  return {
    name: target.host, host, port, user, addressFamily: config.addressFamily,
    // 0 would be no time at all, which nobody means.
    connectTimeoutMs: config.connectTimeoutSeconds === undefined || config.connectTimeoutSeconds === 0 ? undefined : config.connectTimeoutSeconds * 1000,
    identityFiles: paths(named.length > 0 ? named.filter((path) => path !== 'none') : defaultIdentities),
    isIdentityNamed: named.length > 0,
    identitiesOnly: config.identitiesOnly || target.identityFiles !== undefined,
    agentSocket: agentSocket(config.identityAgent, values),
    userKnownHostsFiles: paths(config.userKnownHostsFiles ?? defaultUserKnownHosts),
    globalKnownHostsFiles: paths(config.globalKnownHostsFiles ?? defaultGlobalKnownHosts),
    hostKeyAlias: config.hostKeyAlias, strictHostKeyChecking: config.strictHostKeyChecking, hashKnownHosts: config.hashKnownHosts,
  }
}

function agentSocket(identityAgent: string | undefined, values: TokenValues): string | undefined {
  if (identityAgent?.toLowerCase() === 'none') return undefined
  const path = identityAgent === undefined ? values.env['SSH_AUTH_SOCK']
    : identityAgent.startsWith('$') && !identityAgent.startsWith('${') ? values.env[identityAgent.slice(1)]
    : expandPath(identityAgent, values)
  return path === undefined || path === '' ? undefined : path
}
