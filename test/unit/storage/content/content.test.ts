// Files that are put onto storages: their names, the servers that may be asked for them, and what happens on the way.
import {createHash} from 'node:crypto'
import {spawnSync} from 'node:child_process'
import {mkdir, readFile, readdir, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {beforeEach, describe, expect, it} from 'vitest'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import type {Answer} from '../../../../src/lib/host/fake/fake-host.ts'
import {contentVolumeName} from '../../../../src/lib/storage/content/content-name.ts'
import type {FetchWish} from '../../../../src/lib/storage/content/fetch-url.ts'
import {checkUrl, curlArgv, fetchUrl} from '../../../../src/lib/storage/content/fetch-url.ts'
import {reachOf} from '../../../../src/lib/storage/content/reachable.ts'
import {actionLoaders} from '../../../../src/lib/storage/actions/index.ts'
import {commands} from '../../../../src/lib/storage/commands/index.ts'
import {checkParams} from '../../../../src/lib/spec/validate.ts'
import {actionLoaders as taskActions} from '../../../../src/lib/tasks/actions/index.ts'
import {runHandler, type Context, type Terminal} from '../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../src/lib/tasks/journal.ts'
import type {Installation} from '../../tasks/demo/installation.ts'
import {installation} from '../../tasks/demo/installation.ts'

describe('the name of a file', () => {
  it.each([['iso', 'debian-13.iso'], ['iso', 'A.IMG'], ['vztmpl', 'debian-13_amd64.tar.zst'], ['vztmpl', 'image.tar'], ['import', 'disk+1.qcow2'], ['import', 'web.ova']] as const)('%s/%s is one', (content, name) => {
    expect(contentVolumeName(content, name)).toBe(`${content}/${name}`)
  })
  it.each([['iso', '../x.iso'], ['iso', 'a b.iso'], ['iso', '.x.iso'], ['iso', '-x.iso'], ['iso', 'x.qcow2'], ['iso', 'x.iso\n'], ['vztmpl', 'x.tar.lz4'], ['import', 'x.iso'], ['iso', ''], ['iso', `${'x'.repeat(255)}.iso`], ['iso', '%2e%2e%2fx.iso']] as const)('%s %j is none', (content, name) => {
    expect(() => contentVolumeName(content, name)).toThrow(/no name for/)
  })
})

describe('addresses', () => {
  it.each(['8.8.8.8', '192.0.2.1', '2001:db8::1', '2a00:1450::1', '64:ff9b::808:808', '::ffff:8.8.8.8', '2002:808:808::1'])('%s is asked', (address) => { expect(reachOf(address)).toBe('anywhere') })
  it.each(['10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1', '::ffff:10.0.0.1', '64:ff9b::a00:1', '2002:a00:1::'])('%s is private', (address) => { expect(reachOf(address)).toBe('private') })
  it.each(['127.0.0.1', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', 'localhost', '', '1.2.3', '0x7f.1'])('%s is never asked', (address) => { expect(reachOf(address)).toBe('never') })
})

describe('a web server', () => {
  const plain: FetchWish = {url: 'https://example.com/a.iso?key=hidden', verifiesCertificates: true, mayBePrivate: false}
  const fetched = async (wish: Partial<FetchWish>, addresses: Readonly<Record<string, readonly string[]>>, ...answers: readonly Answer[]) => {
    const host = fakeHost({answers})
    const bodies: string[] = []
    const asking = fetchUrl({...plain, ...wish}, {
      addressesOf: async (name) => addresses[name] ?? [],
      receive: async (work) => {
        const to = new PassThrough()
        const [body] = await Promise.all([buffer(to), work(to).finally(() => to.end())])
        bodies.push(body.toString())
      },
    }, {host, signal: new AbortController().signal, log: {info: () => undefined, warn: () => undefined, progress: () => undefined}})
    return {host, bodies, asking: await asking.then(() => undefined, (error: unknown) => error)}
  }
  const ok = (stdout: string, said = '200 '): Answer => ({argv: ['curl', '…'], stdout, stderr: `\n${said}`})

  it('is asked at the address that was looked at, and nothing of the question stands in argv', async () => {
    const {host, bodies, asking} = await fetched({}, {'example.com': ['192.0.2.1', '2001:db8::1']}, {...ok('data'), input: `url = "${plain.url}"\n`})
    expect([asking, bodies]).toEqual([undefined, ['data']])
    expect(host.ran[0]).toEqual(curlArgv(checkUrl(plain.url), ['192.0.2.1', '2001:db8::1'], true))
    expect(host.ran[0]?.join(' ')).toContain('--resolve example.com:443:192.0.2.1,[2001:db8::1]')
    expect(JSON.stringify(host.ran)).not.toContain('hidden')
  })

  it.each(['http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://[::1]:80/', 'http://[::ffff:169.254.169.254]/', 'http://169.254.169.254/latest'])('%s is not asked', async (url) => {
    expect((await fetched({url, mayBePrivate: true}, {})).asking).toMatchObject({kind: 'forbidden'})
  })

  it('is not asked when one of its addresses lies inside, unless that is allowed', async () => {
    expect((await fetched({}, {'example.com': ['192.0.2.1', '10.0.0.1']})).asking).toMatchObject({kind: 'forbidden', nextSteps: [expect.stringContaining('--allow-private')]})
    expect((await fetched({mayBePrivate: true}, {'example.com': ['10.0.0.1']}, ok('x'))).asking).toBeUndefined()
    expect((await fetched({}, {})).asking).toMatchObject({kind: 'unavailable', message: 'there is no host by the name of example.com'})
  })

  it('may send on, to servers that are looked at in the same way', async () => {
    const to = (location: string) => ok('moved', `302 ${location}`)
    const addresses = {'example.com': ['192.0.2.1'], 'other.example': ['192.0.2.2'], 'inside.example': ['127.0.0.1']}
    const followed = await fetched({}, addresses, to('https://other.example/b.iso'), ok('data'))
    expect([followed.asking, followed.bodies.at(-1)]).toEqual([undefined, 'data'])
    for (const location of ['https://inside.example/', 'http://other.example/', 'file:///etc/shadow', 'https://joe:x@other.example/']) expect((await fetched({}, addresses, to(location))).asking, location).toMatchObject({kind: expect.stringMatching(/forbidden|invalid-input/) as string})
    expect((await fetched({}, addresses, ...Array.from({length: 6}, () => to('https://example.com/again')))).asking).toMatchObject({kind: 'unavailable', message: expect.stringContaining('more than 5 times') as string})
  })

  it('is said to have no such file, not to be trusted, or to be away', async () => {
    const addresses = {'example.com': ['192.0.2.1']}
    expect((await fetched({}, addresses, ok('', '404 '))).asking).toMatchObject({kind: 'not-found'})
    expect((await fetched({}, addresses, ok('', '500 '))).asking).toMatchObject({kind: 'unavailable'})
    expect((await fetched({}, addresses, {argv: ['curl', '…'], exitCode: 60})).asking).toMatchObject({kind: 'forbidden', message: 'the certificate of example.com is not to be trusted'})
    expect((await fetched({}, addresses, {argv: ['curl', '…'], exitCode: 7})).asking).toMatchObject({kind: 'unavailable'})
    expect((await fetched({}, addresses, {argv: ['curl', '…'], missing: true})).asking).toMatchObject({nextSteps: ['apt-get install curl']})
  })

  it.each(['ftp://example.com/x', 'https://joe:secret@example.com/', 'https://', 'https://example.com/\nx', 'https://example.com/"\\', 'x', `https://example.com/${'x'.repeat(2048)}`])('%j is no address of one', (url) => {
    expect(() => checkUrl(url)).toThrow(/cannot be fetched/)
  })
})

// Real files are made durable, which takes long on a disk that others are busy with.
describe('corral storage upload', {timeout: 120_000}, () => {
  let place: Installation
  let context: Context
  let folder: string
  beforeEach(async () => {
    place = await installation({catalog: {commands, actionLoaders: {...taskActions, ...actionLoaders}}})
    context = await place.open()
    folder = join(place.root, 'lib/vz/template/iso')
  })
  const upload = async (params: Readonly<Record<string, unknown>>, input?: Buffer) => {
    const {handler} = await (commands['corral storage upload'] as NonNullable<(typeof commands)[string]>).handler()
    const terminal = {input: new PassThrough().end(input), output: new PassThrough()} as unknown as Terminal
    const outcome = await runHandler(handler, checkParams(handler.spec.params, {storage: 'local', content: 'iso', ...params}), {...context, terminal})
    return outcome.outcome === 'done' ? outcome.result : outcome
  }
  const data = Buffer.alloc(300_000, 'image')
  const sha256 = createHash('sha256').update(data).digest('hex')

  it('takes a file whose checksum is right, whole', async () => {
    const file = join(place.root, 'my.iso')
    await writeFile(file, data)
    expect(await upload({file, checksum: sha256.toUpperCase(), 'checksum-algorithm': 'sha256'})).toBe('local:iso/my.iso')
    expect(await readdir(folder)).toEqual(['my.iso'])
    expect([await readFile(join(folder, 'my.iso')), (await stat(join(folder, 'my.iso'))).mode & 0o777]).toEqual([data, 0o644])
    await expect(upload({file})).rejects.toMatchObject({kind: 'conflict'})
  })

  it('takes standard input', async () => {
    expect(await upload({file: '-', filename: 'x.iso'}, data)).toBe('local:iso/x.iso')
    expect(await readFile(join(folder, 'x.iso'))).toEqual(data)
    await expect(upload({file: '-'}, data)).rejects.toMatchObject({fields: {filename: 'is missing'}})
  })

  it('leaves nothing of a file that is not the right one, empty, missing, or of another kind', async () => {
    await mkdir(folder, {recursive: true})
    const wish = {file: '-', filename: 'x.iso', 'checksum-algorithm': 'sha256'}
    await expect(upload({...wish, checksum: sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))}, data)).rejects.toMatchObject({fields: {checksum: 'is that of another file'}})
    await expect(upload({...wish, checksum: 'abc'}, data)).rejects.toMatchObject({fields: {checksum: 'must have 64 hexadecimal digits'}})
    await expect(upload({file: '-', filename: 'x.iso'}, Buffer.alloc(0))).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(upload({file: join(place.root, 'none.iso')})).rejects.toMatchObject({kind: 'not-found'})
    await expect(upload({file: '-', filename: 'x.iso', content: 'import'}, data)).rejects.toMatchObject({kind: 'invalid-input'})
    expect(await readdir(folder)).toEqual([])
    expect(await readJournals(context.store)).toEqual([])
  })

  it('lets no image in that names other files', async () => {
    const image = join(place.root, 'evil.qcow2')
    spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/passwd', '-F', 'raw', image, '1M'])
    await expect(upload({file: image, content: 'import'})).rejects.toBeDefined()
    expect(await readdir(join(place.root, 'lib/vz/import')).catch(() => [])).toEqual([])
  })
})
