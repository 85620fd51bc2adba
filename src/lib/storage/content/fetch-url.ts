// Fetches a file from a web server by curl(1), and writes it to a stream. Every address that is spoken to was checked before, redirections
// among them, and curl is told to use that address and no other, so that a name that means something else the next moment changes nothing. The
// URL goes to curl by its standard input: what stands in it is in nobody's list of processes.
import {lookup} from 'node:dns/promises'
import {isIP} from 'node:net'
import type {Writable} from 'node:stream'
import {ForbiddenError, InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import type {Reach} from './reachable.ts'
import {reachOf} from './reachable.ts'

export interface FetchWish {
  readonly url: string
  readonly verifiesCertificates: boolean
  /** Addresses of private networks as well. */
  readonly mayBePrivate: boolean
}

export interface FetchParts {
  /** Takes the answer of each server that is asked; only the last one counts. Each gets a stream of its own. */
  readonly receive: (work: (to: Writable) => Promise<void>) => Promise<void>
  /** The addresses of a name. Default: those that the host's resolver knows. */
  readonly addressesOf?: (name: string) => Promise<readonly string[]>
  readonly reach?: (address: string) => Reach
}

const maxRedirects = 5
const maxUrlChars = 2048
const limitMs = 24 * 3600_000

/** @throws InvalidInputError naming what is wrong with it */
export function checkUrl(text: string): URL {
  const wrong = (why: string) => new InvalidInputError(`'${text.slice(0, 80).replace(/\p{Cc}/gu, '?')}' cannot be fetched: ${why}`, {url: why})
  if (text.length > maxUrlChars) throw wrong(`an address has at most ${maxUrlChars} characters`)
  if (/[\p{Cc}\s"\\]/u.test(text)) throw wrong('an address has no blanks, quotes and control characters')
  if (!URL.canParse(text)) throw wrong('it is no address')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw wrong('only http and https are spoken')
  if (url.username !== '' || url.password !== '') throw wrong('a name and password in an address would be seen by others')
  if (url.hostname === '') throw wrong('it names no server')
  return url
}

/** @throws ForbiddenError for a server that may not be asked; UnavailableError when it does not answer; NotFoundError; InvalidInputError */
export async function fetchUrl(wish: FetchWish, parts: FetchParts, context: Pick<Context, 'host' | 'signal' | 'log'>): Promise<void> {
  let url = checkUrl(wish.url)
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const addresses = await checkedAddresses(url, wish, parts)
    const {status, location} = await ask(url, addresses, wish, parts, context)
    if (status >= 200 && status < 300) return
    if (status < 300 || status > 399 || location === '') throw refusal(url, status)
    const next = checkUrl(location)
    if (url.protocol === 'https:' && next.protocol !== 'https:') throw new ForbiddenError(`${url.host} sends on to ${next.host} without encryption; that is not followed`)
    context.log.info(`${url.host} sends on to ${next.host}`)
    url = next
  }
  throw new UnavailableError(`${url.host} sends on more than ${maxRedirects} times`)
}

async function checkedAddresses(url: URL, {mayBePrivate}: FetchWish, {addressesOf = resolve, reach = reachOf}: FetchParts): Promise<readonly string[]> {
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(name) === 0 ? await addressesOf(name) : [name]
  const [first] = addresses
  if (first === undefined) throw new UnavailableError(`there is no host by the name of ${name}`)
  for (const address of addresses) {
    const far = reach(address)
    if (far === 'anywhere' || far === 'private' && mayBePrivate) continue
    throw new ForbiddenError(`${name} is not asked for a file: its address ${address} is ${far === 'private' ? 'in a private network' : "the host's own or that of no server"}`, {
      nextSteps: far === 'private' ? ['Where that is meant: --allow-private'] : [],
    })
  }
  return addresses
}

async function resolve(name: string): Promise<string[]> {
  try {
    return (await lookup(name, {all: true})).map(({address}) => address)
  } catch (error) {
    throw new UnavailableError(`there is no host by the name of ${name}`, {cause: error})
  }
}

/** Pure. */
export function curlArgv(url: URL, addresses: readonly string[], verifiesCertificates: boolean): string[] {
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? url.protocol === 'https:' ? '443' : '80' : url.port
  const pinned = addresses.slice(0, 8).map((address) => (address.includes(':') ? `[${address}]` : address)).join(',')
  return [
    'curl', '--disable', '--config', '-', '--silent', '--show-error', '--globoff', '--noproxy', '*', '--proto', '=http,https', '--max-redirs', '0', '--connect-timeout', '20',
    '--speed-limit', '1', '--speed-time', '60', '--user-agent', 'corral', ...(isIP(name) === 0 ? ['--resolve', `${name}:${port}:${pinned}`] : []), ...(verifiesCertificates ? [] : ['--insecure']),
    '--write-out', '%{stderr}\\n%{http_code} %{redirect_url}',
  ]
}

async function ask(url: URL, addresses: readonly string[], {verifiesCertificates}: FetchWish, {receive}: FetchParts, {host, signal}: Pick<Context, 'host' | 'signal'>): Promise<{status: number; location: string}> {
  let said = ''
  try {
    await receive(async (to) => {
      said = (await host.run(curlArgv(url, addresses, verifiesCertificates), {timeoutMs: limitMs, signal, input: `url = "${url.href}"\n`, outputStream: to, maxOutputBytes: 64 * 1024})).stderr
    })
  } catch (error) {
    if (error instanceof NotFoundError) throw new UnavailableError('files cannot be fetched: curl is not installed', {cause: error, nextSteps: ['apt-get install curl']})
    if (!(error instanceof ToolError)) throw error
    // curl(1), EXIT CODES: the certificate.
    if (error.failure.exitCode === 60 || error.failure.exitCode === 51) throw new ForbiddenError(`the certificate of ${url.host} is not to be trusted`, {cause: error, nextSteps: ['Where you know better: --verify-certificates 0, with a checksum']})
    throw new UnavailableError(`${url.host} does not give the file`, {cause: error})
  }
  const [, status = '0', location = ''] = /(?:^|\n)(\d{3}) (\S{0,4096})\s*$/.exec(said) ?? []
  return {status: Number(status), location}
}

function refusal(url: URL, status: number): NotFoundError | UnavailableError {
  return status === 404 || status === 410 ? new NotFoundError(`${url.host} has no such file (${status})`) : new UnavailableError(`${url.host} does not give the file (it answers ${status})`)
}
