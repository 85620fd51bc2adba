// Fetches a file over HTTP to this machine, within bounds: size, time, redirections, addresses. It writes beside the file and gives it its name when it
// is whole and right, so that nobody ever sees half of one.
import {createHash, randomBytes} from 'node:crypto'
import type {LookupAddress, LookupOptions} from 'node:dns'
import {lookup} from 'node:dns'
import {link, open, rename, rm, stat} from 'node:fs/promises'
import type {FileHandle} from 'node:fs/promises'
import type {IncomingMessage, RequestOptions} from 'node:http'
import {isIP} from 'node:net'
import {dirname} from 'node:path'
import {AppError, CancelledError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError, printable} from '../../base/index.ts'
import {fileError} from '../file-errors.ts'
import {temporaryName} from '../leftovers.ts'
import {processIdentity} from '../local/processes.ts'
import {isPublicAddress} from './addresses.ts'
import type {DownloadRequest, Downloaded} from './request.ts'

const maxRedirections = 5
const defaultIdleTimeoutMs = 30_000

/**
 * @throws ConflictError when the file exists; InvalidInputError for an address that is none, an answer that is too long, or another checksum; ForbiddenError for an
 * address that may not be reached; NotFoundError when the server has no such file; UnavailableError when it does not answer; CancelledError
 */
export async function download(request: DownloadRequest): Promise<Downloaded> {
  const {path, signal} = request
  if (await exists(path)) throw fileIsThere(path)
  const limit = AbortSignal.timeout(request.timeoutMs)
  const ending = signal === undefined ? limit : AbortSignal.any([limit, signal])
  try {
    const {response, url} = await follow(request, ending)
    return await store(response, url, request, ending)
  } catch (error) {
    if (signal?.aborted === true) throw new CancelledError(undefined, {cause: error})
    if (limit.aborted) throw new UnavailableError(`${shown(request.url)} was not fetched within ${Math.round(request.timeoutMs / 1000)} s`, {cause: error})
    if (error instanceof AppError) throw error
    throw new UnavailableError(`${shown(request.url)} cannot be fetched: ${error instanceof Error ? printable(error.message).slice(0, 300) : 'unknown failure'}`, {cause: error})
  }
}

/** The address without what may be secret in it. */
function shown(url: string): string {
  return printable(url.replace(/[?#].*$/s, '')).slice(0, 300)
}

/** @throws InvalidInputError */
export function readDownloadUrl(text: string): URL {
  const url = URL.canParse(text) && text.length <= 4096 ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new InvalidInputError(`'${shown(text)}' is no address of a file on a web server`, {url: 'must begin with http:// or https://'})
  }
  if (url.username !== '' || url.password !== '') throw new InvalidInputError('an address may not hold a user and a password', {url: 'holds a user or a password'})
  return url
}

/** The first answer that is no redirection. */
async function follow(request: DownloadRequest, signal: AbortSignal): Promise<{response: IncomingMessage; url: URL}> {
  let url = readDownloadUrl(request.url)
  for (let hop = 0; hop <= maxRedirections; hop++) {
    const response = await ask(url, request, signal)
    const {statusCode = 0, headers: {location}} = response
    if (statusCode === 200) return {response, url}
    response.destroy()
    if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) throw refusal(url, statusCode)
    const next = readDownloadUrl(URL.canParse(location, url.href) ? new URL(location, url).href : location)
    if (url.protocol === 'https:' && next.protocol === 'http:') throw new ForbiddenError(`${shown(url.href)} leads from https to http, where anybody on the way could change the file`)
    url = next
  }
  throw new UnavailableError(`${shown(request.url)} leads on and on: more than ${maxRedirections} redirections`)
}

function refusal(url: URL, statusCode: number): AppError {
  if (statusCode === 404 || statusCode === 410) return new NotFoundError(`the server has no file ${shown(url.href)} (${statusCode})`)
  if (statusCode === 401 || statusCode === 403) return new ForbiddenError(`the server does not give out ${shown(url.href)} (${statusCode})`)
  return new UnavailableError(`the server answered ${statusCode} for ${shown(url.href)}`)
}

async function ask(url: URL, {addresses, verifyCertificates = true, idleTimeoutMs = defaultIdleTimeoutMs}: DownloadRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  // Names are checked where they are resolved, so that the address that was checked is the one that is used.
  if (addresses === 'public' && isIP(host) !== 0 && !isPublicAddress(host)) throw notPublic(host)
  const {request} = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const options: RequestOptions & {rejectUnauthorized?: boolean} = {
    signal, headers: {'user-agent': 'corral', accept: '*/*', 'accept-encoding': 'identity'}, agent: false, timeout: idleTimeoutMs,
    ...(url.protocol === 'https:' ? {rejectUnauthorized: verifyCertificates} : {}), ...(addresses === 'public' ? {lookup: publicLookup} : {}),
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, options, resolve)
    sent.once('timeout', () => sent.destroy(new UnavailableError(`the server of ${shown(url.href)} says nothing for ${idleTimeoutMs / 1000} s`)))
    sent.on('error', reject)
    sent.end()
  })
}

function notPublic(address: string): ForbiddenError {
  return new ForbiddenError(`the address ${printable(address)} is not public, and may not be reached in this way`)
}

type Resolved = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

/** Node's own resolver, but a name that has any address that is not public is refused. */
function publicLookup(hostname: string, options: LookupOptions, done: Resolved): void {
  lookup(hostname, {...options, all: true}, (error, found) => {
    const foreign = error === null ? found.find(({address}) => !isPublicAddress(address)) : undefined
    const [first] = found ?? []
    if (error !== null) done(error, [])
    else if (foreign !== undefined || first === undefined) done(notPublic(foreign?.address ?? hostname), [])
    else if (options.all === true) done(null, found)
    else done(null, first.address, first.family)
  })
}

async function store(response: IncomingMessage, url: URL, request: DownloadRequest, signal: AbortSignal): Promise<Downloaded> {
  const {path, maxBytes, mode = 0o644, idleTimeoutMs = defaultIdleTimeoutMs} = request
  const encoding = response.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') { response.destroy(); throw new UnsupportedError(`the server sends ${shown(url.href)} in the encoding ${printable(encoding).slice(0, 32)} though none was asked for`) }
  const announced = /^\d{1,15}$/.test(response.headers['content-length'] ?? '') ? Number(response.headers['content-length']) : undefined
  if (announced !== undefined && announced > maxBytes) { response.destroy(); throw tooLong(url, maxBytes) }
  response.setTimeout(idleTimeoutMs, () => response.destroy(new UnavailableError(`the server of ${shown(url.href)} sent nothing for ${idleTimeoutMs / 1000} s`)))
  const temporary = `${dirname(path)}/${temporaryName(ownIdentity(), randomBytes(6).toString('hex'))}`
  const file = await told(path, () => open(temporary, 'wx', mode))
  try {
    const sizeBytes = await told(path, async () => {
      try {
        return await write(response, file, url, announced, request, signal)
      } finally {
        await file.close()
      }
    })
    await told(path, () => giveName(temporary, path))
    const contentType = response.headers['content-type']
    return {sizeBytes, url: url.href, ...(contentType === undefined ? {} : {contentType: printable(contentType).slice(0, 200)})}
  } finally {
    response.destroy()
    await rm(temporary, {force: true})
  }
}

async function write(response: IncomingMessage, file: FileHandle, url: URL, announced: number | undefined, {maxBytes, checksum, onProgress, mode = 0o644}: DownloadRequest, signal: AbortSignal): Promise<number> {
  const hash = checksum === undefined ? undefined : createHash(checksum.algorithm)
  let sizeBytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    signal.throwIfAborted()
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes) throw tooLong(url, maxBytes)
    hash?.update(chunk)
    await file.writeFile(chunk)
    onProgress?.(sizeBytes, announced)
  }
  if (announced !== undefined && announced !== sizeBytes) throw new UnavailableError(`${shown(url.href)} ended after ${sizeBytes} of ${announced} bytes`)
  const digest = hash?.digest('hex')
  if (checksum !== undefined && digest !== checksum.digest.toLowerCase()) {
    throw new InvalidInputError(`${shown(url.href)} is not what was asked for: its ${checksum.algorithm} checksum is ${digest ?? ''}, not ${printable(checksum.digest).slice(0, 128)}`, {checksum: 'is that of another file'}, {
      nextSteps: ['Nothing was kept of it.'],
    })
  }
  // The umask does not count: the mode is what was asked for.
  await file.chmod(mode)
  await file.sync()
  return sizeBytes
}

function tooLong(url: URL, maxBytes: number): InvalidInputError {
  return new InvalidInputError(`${shown(url.href)} is larger than the ${maxBytes} bytes that it may have`)
}

/** A hard link refuses a name that is taken; file systems that have none are looked at first. */
async function giveName(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST') throw fileIsThere(path)
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS' && code !== 'EMLINK') throw error
    if (await exists(path)) throw fileIsThere(path)
    await rename(temporary, path)
  }
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function fileIsThere(path: string): ConflictError {
  return new ConflictError(`there is a file ${path} already`)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false)
}

async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError || !(error instanceof Error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw fileError(error, `write ${path}`, path)
  }
}

function ownIdentity(): {pid: number; startTime: string} {
  return processIdentity(process.pid) ?? {pid: process.pid, startTime: '0'}
}
