// Files fetched from a web server on the loopback: what comes whole, and what is given up without leaving anything.
import {createHash} from 'node:crypto'
import {mkdtemp, readFile, readdir, rm, stat, writeFile} from 'node:fs/promises'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {isPublicAddress} from '../../../../src/lib/host/download/addresses.ts'
import {download, readDownloadUrl} from '../../../../src/lib/host/download/fetch.ts'
import type {DownloadRequest} from '../../../../src/lib/host/download/request.ts'

const body = 'a template\n'.repeat(1000)
const sha512 = createHash('sha512').update(body).digest('hex')
const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/whole': (_, response) => response.end(body),
  '/moved': (_, response) => response.writeHead(302, {location: '/whole'}).end(),
  '/round': (_, response) => response.writeHead(302, {location: '/round'}).end(),
  '/elsewhere': (_, response) => response.writeHead(302, {location: 'file:///etc/passwd'}).end(),
  '/gone': (_, response) => response.writeHead(404).end(),
  '/secret': (_, response) => response.writeHead(403).end(),
  '/broken': (_, response) => response.writeHead(500).end(),
  '/endless': (_, response) => { const more = () => { while (!response.destroyed && response.write('x'.repeat(65536))); }; response.on('drain', more); more() },
  '/huge': (_, response) => response.writeHead(200, {'content-length': '99999999999'}).write('x'),
  '/short': (_, response) => { response.writeHead(200, {'content-length': '100'}); response.write('x'); response.destroy() },
  '/silent': (_, response) => response.writeHead(200).write('x'),
  '/packed': (_, response) => response.writeHead(200, {'content-encoding': 'gzip'}).end('x'),
}
const server = createServer((request, response) => { (answers[request.url ?? ''] ?? answers['/gone'])?.(request, response) })
let base = ''
let folder = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => { server.closeAllConnections(); server.close() })
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'corral-fetch-')) })
afterEach(async () => { await rm(folder, {recursive: true, force: true}) })

const fetchIt = async (path: string, more: Partial<DownloadRequest> = {}) =>
  download({url: `${base}${path}`, path: join(folder, 'file'), maxBytes: 1024 ** 2, timeoutMs: 60_000, addresses: 'any', ...more})

describe('a download', () => {
  it.each(['/whole', '/moved'])('of %s is whole, with its mode, and nothing is left beside it', async (path) => {
    const seen: number[] = []
    const checksum = {algorithm: 'sha512', digest: sha512.toUpperCase()} as const
    expect(await fetchIt(path, {checksum, mode: 0o640, onProgress: (done) => { seen.push(done) }})).toMatchObject({sizeBytes: body.length, url: `${base}/whole`})
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe(body)
    expect((await stat(join(folder, 'file'))).mode & 0o777).toBe(0o640)
    expect(await readdir(folder)).toEqual(['file'])
    expect(seen.at(-1)).toBe(body.length)
  })

  it('never replaces a file, be it there before or made meanwhile', async () => {
    await writeFile(join(folder, 'file'), 'mine')
    await expect(fetchIt('/whole')).rejects.toMatchObject({kind: 'conflict'})
    await rm(join(folder, 'file'))
    let isMade = false
    const made = fetchIt('/whole', {onProgress: () => {
      if (isMade) return
      isMade = true
      void writeFile(join(folder, 'file'), 'mine')
    }})
    // Whoever is first has the name.
    await made.catch((error: unknown) => { expect(error).toMatchObject({kind: 'conflict'}) })
    expect((await readdir(folder)).filter((name) => name !== 'file')).toEqual([])
  })

  it.each([
    ['/gone', 'not-found', /the server has no file/], ['/secret', 'forbidden', /does not give out/], ['/broken', 'unavailable', /answered 500/], ['/round', 'unavailable', /leads on and on/],
    ['/elsewhere', 'invalid-input', /no address of a file on a web server/], ['/endless', 'invalid-input', /larger than/], ['/huge', 'invalid-input', /larger than/], ['/short', 'unavailable', /./],
    ['/packed', 'unsupported', /encoding gzip/],
  ] as const)('%s is given up as %s, and leaves nothing', async (path, kind, message) => {
    await expect(fetchIt(path)).rejects.toMatchObject({kind, message: expect.stringMatching(message) as string})
    expect(await readdir(folder)).toEqual([])
  })

  it('is given up when the server falls silent, when it takes too long, and when it is cancelled', async () => {
    await expect(fetchIt('/silent', {idleTimeoutMs: 100})).rejects.toMatchObject({kind: 'unavailable', message: expect.stringMatching(/sent nothing/) as string})
    await expect(fetchIt('/silent', {timeoutMs: 200})).rejects.toMatchObject({kind: 'unavailable', message: expect.stringMatching(/was not fetched within/) as string})
    const cancel = new AbortController()
    const running = fetchIt('/silent', {signal: cancel.signal, onProgress: () => { cancel.abort() }})
    await expect(running).rejects.toMatchObject({kind: 'cancelled'})
    expect(await readdir(folder)).toEqual([])
  })

  it('with another checksum is refused and not kept', async () => {
    await expect(fetchIt('/whole', {checksum: {algorithm: 'sha256', digest: 'ab'}})).rejects.toMatchObject({kind: 'invalid-input', fields: {checksum: 'is that of another file'}})
    expect(await readdir(folder)).toEqual([])
  })

  it('of a folder that is not there says so', async () => {
    await expect(fetchIt('/whole', {path: join(folder, 'none/file')})).rejects.toMatchObject({kind: 'not-found'})
  })
})

describe('addresses that are not public', () => {
  it('are not asked, by address, by name, or by a redirection', async () => {
    const port = new URL(base).port
    for (const url of [base, `http://localhost:${port}`, `http://[::1]:${port}`, 'http://0x7f000001', 'http://2130706433', 'http://169.254.169.254/latest']) {
      await expect(fetchIt('', {url: `${url}/whole`, addresses: 'public', timeoutMs: 20_000}), url).rejects.toMatchObject({kind: 'forbidden'})
    }
    expect(await readdir(folder)).toEqual([])
  })

  it.each(['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fe80::1%eth0', 'fd00::1', 'ff02::1',
    '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', 'localhost', ''])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
  it.each(['1.1.1.1', '93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'])('%s is public', (address) => { expect(isPublicAddress(address)).toBe(true) })
})

it.each(['file:///etc/passwd', 'ftp://example.org/x', 'example.org/x', 'http://', 'http://joe:secret@example.org/x', '', `http://example.org/${'x'.repeat(5000)}`])('%s is no address', (url) => {
  expect(() => readDownloadUrl(url)).toThrow(expect.objectContaining({kind: 'invalid-input'}) as Error)
})
