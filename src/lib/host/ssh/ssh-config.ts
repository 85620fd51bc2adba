// Reads what OpenSSH's client configuration says of one host: the first value that applies wins, in the order of the files and their lines.
// Pure: it is given the texts. It heeds the keywords that decide whom we reach and whom we trust; one of those that we cannot follow is an
// error rather than passed over (checkSupported); the other keywords of OpenSSH have no meaning here.
import {AppError, InvalidInputError, UnsupportedError} from '../../base/index.ts'
import {readConfigLine} from './config-words.ts'
import {matchList} from './patterns.ts'
import {expandHostName} from './tokens.ts'

export interface ConfigText {
  readonly path: string
  readonly kind: 'user' | 'system'
  readonly text: string
}

export interface ConfigQuery {
  /** The name that the user gave. */
  readonly host: string
  /** What the user gave beside it; it wins over the files. */
  readonly user?: string
  readonly port?: number
  readonly localUser: string
  /** The files that a pattern of Include names, in order; `from` is the file it stands in. */
  readonly include: (pattern: string, from: ConfigText) => readonly ConfigText[]
}

/** Values as they are written, tokens included, apart from HostName. */
export interface SshConfig {
  readonly hostName: string
  readonly user: string | undefined
  readonly port: number
  /** In order. Empty: the defaults. */
  readonly identityFiles: readonly string[]
  readonly identitiesOnly: boolean
  /** undefined: SSH_AUTH_SOCK. */
  readonly identityAgent: string | undefined
  /** undefined: none. */
  readonly proxyJump: string | undefined
  /** undefined: the defaults; empty: none. */
  readonly userKnownHostsFiles: readonly string[] | undefined
  readonly globalKnownHostsFiles: readonly string[] | undefined
  readonly strictHostKeyChecking: 'yes' | 'ask'
  readonly hostKeyAlias: string | undefined
  readonly hashKnownHosts: boolean
  readonly connectTimeoutSeconds: number | undefined
  readonly addressFamily: 'any' | 'inet' | 'inet6'
  /** Keywords with their values that apply to the host and that we do not follow. */
  readonly unsupported: readonly string[]
}

const maxIncludeDepth = 16
const maxFiles = 256
const maxLines = 100_000
const maxIdentityFiles = 100

/** Keywords of one argument of which the first value wins. */
const singles = ['hostname', 'user', 'port', 'identitiesonly', 'identityagent', 'stricthostkeychecking', 'hostkeyalias', 'hashknownhosts', 'connecttimeout', 'addressfamily'] as const
type Single = (typeof singles)[number]

/** Passing over one of these would connect to somebody else, or trust more than the user wants. The value is the harmless one. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  proxycommand: ['none'], canonicalizehostname: ['no', 'false'], revokedhostkeys: ['none'], pubkeyauthentication: ['yes', 'true', 'unbound', 'host-bound'],
}

interface Found {
  readonly values: Map<Single, string>
  readonly identityFiles: string[]
  readonly lists: Map<string, readonly string[]>
  readonly unsupported: Map<string, string>
  proxyJump: string | undefined
  hasFinal: boolean
  lineCount: number
  fileCount: number
}

/**
 * @param files in the order in which they count
 * @throws InvalidInputError or UnsupportedError that names file and line
 */
export function readSshConfig(query: ConfigQuery, files: readonly ConfigText[]): SshConfig {
  const found: Found = {
    values: new Map(), identityFiles: [], lists: new Map(), unsupported: new Map(), proxyJump: undefined, hasFinal: false, lineCount: 0, fileCount: 0,
  }
  for (const file of files) readFile(file, true, 0, {query, found, isFinal: false})
  // `Match final` asks for a second look, in which the values of the first are known and stay.
  if (found.hasFinal) for (const file of files) readFile(file, true, 0, {query, found, isFinal: true})
  return result(query, found)
}

interface Pass {
  readonly query: ConfigQuery
  readonly found: Found
  readonly isFinal: boolean
}

function readFile(file: ConfigText, isWanted: boolean, depth: number, pass: Pass): void {
  const {found} = pass
  if (depth > maxIncludeDepth) throw new InvalidInputError(`${file.path}: files include each other more than ${maxIncludeDepth} deep`)
  if (++found.fileCount > maxFiles * 2) throw new InvalidInputError(`${file.path}: more than ${maxFiles} files are included`)
  let isActive = isWanted
  for (const [index, line] of file.text.split('\n').entries()) {
    if (++found.lineCount > maxLines * 2) throw new InvalidInputError(`${file.path}: the configuration of SSH has more than ${maxLines} lines`)
    isActive = at(file, index + 1, () => {
      const words = readConfigLine(line)
      if (words === undefined) return isActive
      const {keyword, args} = words
      if (keyword === 'host') return isWanted && matchList(pass.query.host, args) === 'matched'
      if (keyword === 'match') return matches(args, pass, isWanted)
      if (keyword === 'include') {
        if (isActive) for (const pattern of args) for (const inner of pass.query.include(pattern, file)) readFile(inner, true, depth + 1, pass)
        return isActive
      }
      if (isActive) take(keyword, args, found)
      return isActive
    })
  }
}

/** Adds the place to whatever is wrong with a line. */
function at<T>(file: ConfigText, line: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof AppError) || error.data['configLine'] !== undefined) throw error
    const message = `${file.path}, line ${line}: ${error.message}`
    const details = {data: {configLine: line, configFile: file.path}, nextSteps: error.nextSteps}
    throw error instanceof UnsupportedError ? new UnsupportedError(message, details) : new InvalidInputError(message, {}, details)
  }
}

function take(keyword: string, args: readonly string[], found: Found): void {
  const [first = ''] = args
  if (isSingle(keyword)) {
    if (args.length > 1) throw new InvalidInputError(`${keyword} has more than one value`)
    checkSingle(keyword, first)
    // For OpenSSH `none` says nothing here, so that a later line may.
    if (keyword === 'connecttimeout' && first === 'none') return
    if (!found.values.has(keyword)) found.values.set(keyword, first)
  } else if (keyword === 'identityfile') {
    if (args.length > 1) throw new InvalidInputError('IdentityFile has more than one value')
    if (found.identityFiles.length >= maxIdentityFiles) throw new InvalidInputError(`more than ${maxIdentityFiles} identity files apply`)
    if (!found.identityFiles.includes(first)) found.identityFiles.push(first)
  } else if (keyword === 'userknownhostsfile' || keyword === 'globalknownhostsfile') {
    if (args.includes('none') && args.length > 1) throw new InvalidInputError('"none" must stand alone')
    if (!found.lists.has(keyword)) found.lists.set(keyword, first === 'none' ? [] : args)
  } else if (keyword === 'proxyjump') {
    // The first of ProxyJump and ProxyCommand decides, `none` too.
    if (found.proxyJump === undefined && !found.unsupported.has('proxycommand')) found.proxyJump = args.join('')
  } else if (Object.hasOwn(harmless, keyword)) {
    if (keyword === 'proxycommand' && found.proxyJump !== undefined) return
    if (!found.unsupported.has(keyword)) found.unsupported.set(keyword, first)
  }
}

function isSingle(keyword: string): keyword is Single {
  return (singles as readonly string[]).includes(keyword)
}

function checkSingle(keyword: Single, value: string): void {
  switch (keyword) {
    case 'port': readPort(value); return
    case 'connecttimeout': readSeconds(value); return
    case 'identitiesonly':
    case 'hashknownhosts': oneOf(keyword, value, ['yes', 'no', 'true', 'false']); return
    case 'stricthostkeychecking': oneOf(keyword, value, ['yes', 'no', 'true', 'false', 'off', 'ask', 'accept-new']); return
    case 'addressfamily': oneOf(keyword, value, ['any', 'inet', 'inet6']); return
    case 'hostname':
    case 'user':
    case 'identityagent':
    case 'hostkeyalias': return
  }
}

function oneOf(keyword: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value.toLowerCase())) throw new InvalidInputError(`${keyword} must be one of ${allowed.join(', ')}, not '${value}'`)
}

function readPort(value: string): number {
  if (value === 'ssh') return 22
  const port = Number(value)
  if (!/^\d{1,5}$/.test(value) || port < 1 || port > 65_535) throw new InvalidInputError(`the port '${value}' is not a number from 1 to 65535`)
  return port
}

/** `none`, seconds, or the time format of sshd_config(5) such as `1m30s`. */
function readSeconds(value: string): number | undefined {
  if (value === 'none') return undefined
  const units: Readonly<Record<string, number>> = {'': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800}
  if (value === '' || value.length > 32 || !/^(?:\d{1,9}[smhdw])*(?:\d{1,9})?$/i.test(value)) throw new InvalidInputError(`'${value}' is not a time`)
  return [...value.matchAll(/(\d+)([smhdw]?)/gi)].reduce((sum, [, count, unit]) => sum + Number(count) * (units[(unit ?? '').toLowerCase()] ?? 1), 0)
}

/** The criteria of Match that need no other program. @throws UnsupportedError for one that does, where it would decide */
function matches(args: readonly string[], pass: Pass, isWanted: boolean): boolean {
  const {query, found, isFinal} = pass
  let isMatched = isWanted
  const words = args.flatMap(splitCriterion)
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const isNegated = word.startsWith('!')
    const criterion = (isNegated ? word.slice(1) : word).toLowerCase()
    if (criterion === 'all') {
      if (isNegated || index !== words.length - 1) throw new InvalidInputError('"all" must stand at the end of Match, without a "!"')
      continue
    }
    if (criterion === 'final' || criterion === 'canonical') {
      if (criterion === 'final') found.hasFinal = true
      // A final look counts as canonical as well.
      if (isFinal === isNegated) isMatched = false
      continue
    }
    const value = words[++index]
    if (value === undefined) throw new InvalidInputError(`the criterion ${criterion} of Match has no value`)
    const subject = subjectOf(criterion, pass)
    if (subject === undefined) {
      if (!isMatched) continue
      throw new UnsupportedError(`Match ${criterion} is not supported, and decides about the host '${query.host}'`, {
        nextSteps: ['Write the block with Host or `Match host` instead.'],
      })
    }
    if ((matchList(subject, value.split(',')) === 'matched') === isNegated) isMatched = false
  }
  return isMatched
}

/** `host=name` is taken as well as `host name`. */
function splitCriterion(word: string): string[] {
  const found = /^(!?(?:host|originalhost|user|localuser|exec|localnetwork|tagged))=(.*)$/is.exec(word)
  return found === null ? [word] : [found[1] ?? '', found[2] ?? '']
}

function subjectOf(criterion: string, {query, found}: Pass): string | undefined {
  switch (criterion) {
    case 'host': return expandHostName(found.values.get('hostname') ?? query.host, query.host).toLowerCase()
    case 'originalhost': return query.host
    case 'user': return query.user ?? found.values.get('user') ?? query.localUser
    case 'localuser': return query.localUser
    default: return undefined
  }
}

function result(query: ConfigQuery, {values, identityFiles, lists, unsupported, proxyJump}: Found): SshConfig {
  const port = values.get('port')
  const timeout = values.get('connecttimeout')
  const agent = values.get('identityagent')
  return {
    hostName: expandHostName(values.get('hostname') ?? '%h', query.host).toLowerCase(),
    user: query.user ?? values.get('user'),
    port: query.port ?? (port === undefined ? 22 : readPort(port)),
    identityFiles,
    identitiesOnly: isYes(values.get('identitiesonly')),
    identityAgent: agent === 'SSH_AUTH_SOCK' ? undefined : agent,
    proxyJump: proxyJump === undefined || proxyJump.toLowerCase() === 'none' ? undefined : proxyJump,
    userKnownHostsFiles: lists.get('userknownhostsfile'),
    globalKnownHostsFiles: lists.get('globalknownhostsfile'),
    // Never weaker than asking: `no` and `accept-new` would take a stranger's key without a look at it.
    strictHostKeyChecking: isYes(values.get('stricthostkeychecking')) ? 'yes' : 'ask',
    hostKeyAlias: values.get('hostkeyalias')?.toLowerCase(),
    hashKnownHosts: isYes(values.get('hashknownhosts')),
    connectTimeoutSeconds: timeout === undefined ? undefined : readSeconds(timeout),
    addressFamily: addressFamilyOf(values.get('addressfamily')),
    unsupported: [...unsupported].filter(([keyword, value]) => harmless[keyword]?.includes(value.toLowerCase()) !== true).map(([keyword, value]) => `${keyword} ${value}`),
  }
}

function isYes(value: string | undefined): boolean {
  return value !== undefined && ['yes', 'true'].includes(value.toLowerCase())
}

function addressFamilyOf(value: string | undefined): SshConfig['addressFamily'] {
  const family = value?.toLowerCase()
  return family === 'inet' || family === 'inet6' ? family : 'any'
}

/** @throws UnsupportedError when the configuration of the host asks for what we do not do */
export function checkSupported(host: string, {unsupported}: SshConfig): void {
  const [first] = unsupported
  if (first === undefined) return
  throw new UnsupportedError(`the SSH configuration of '${host}' has "${first}", which Corral does not follow`, {
    nextSteps: [first.startsWith('proxycommand') ? 'Use ProxyJump in its place.' : `Give the host a block of its own in ~/.ssh/config, without it.`],
  })
}
