// Container templates from an index: from a server on the loopback and from files, with and without a signature.
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdir, mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {catalog} from '../../../../src/lib/catalog.ts'
import {locationOf} from '../../../../src/lib/storage/appliances/fetched.ts'
import {parseIndex} from '../../../../src/lib/storage/appliances/index-file.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

const template = Buffer.from('this would be a template '.repeat(2000))
const name = 'debian-13-standard_13.1-1_amd64.tar.zst'
const digest = createHash('sha512').update(template).digest('hex')
const stanza = (fields: Readonly<Record<string, string>>) => Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`).join('')
const debian = {Package: 'debian-13-standard', Version: '13.1-1', Type: 'lxc', Section: 'system', Architecture: 'amd64', Location: `system/${name}`, sha512sum: digest, Description: 'Debian 13\n A small system.'}
const index = `${stanza(debian)}\n${stanza({...debian, Package: 'wrong', Location: 'system/wrong_1_amd64.tar.gz', sha512sum: '0'.repeat(128), Section: 'mail'})}`

const served: Record<string, Buffer> = {}
const server = createServer((request, response) => {
  const body = served[request.url ?? '']
  if (body === undefined) response.writeHead(404).end()
  else response.end(body)
})
let base = ''
let context: Context
let root = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => { server.closeAllConnections(); server.close() })
beforeEach(async () => {
  for (const path of Object.keys(served)) delete served[path]
  Object.assign(served, {'/aplinfo.dat': Buffer.from(index), '/aplinfo.dat.gz': gzipSync(index), [`/system/${name}`]: template, '/system/wrong_1_amd64.tar.gz': template})
  const room = await machineRoom()
  root = room.root
  context = await room.open()
})

async function pveam(command: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const entry = catalog.commands[`pveam ${command}`]
  if (entry === undefined) throw new Error(`there is no pveam ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, params), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

describe('an index', () => {
  it.each(['/aplinfo.dat', '/aplinfo.dat.gz'])('%s is fetched, kept with its address, and fetched again without it', async (path) => {
    await expect(pveam('available')).rejects.toMatchObject({kind: 'unavailable', message: 'no index of container templates is set'})
    await pveam('update', {index: `${base}${path}`})
    expect((await context.store.read('aplinfo.cfg'))?.data).toBe(`index: ${base}${path}\n`)
    await pveam('update')
    expect(await pveam('available', {section: 'system'})).toEqual([expect.objectContaining({template: name, section: 'system', headline: 'Debian 13', sha512sum: digest, location: `${base}/system/${name}`})])
  })

  it('that is none leaves the settings and the one before as they are', async () => {
    await pveam('update', {index: `${base}/aplinfo.dat`})
    served['/other'] = Buffer.from('<html>no index</html>')
    for (const path of ['/other', '/none']) await expect(pveam('update', {index: `${base}${path}`})).rejects.toThrow(/names none|no file/)
    for (const wrong of ['ftp://example.org/x', 'relative', `${base}/a b`]) await expect(pveam('update', {index: wrong})).rejects.toMatchObject({kind: 'invalid-input'})
    expect((await context.store.read('aplinfo.cfg'))?.data).toBe(`index: ${base}/aplinfo.dat\n`)
    expect(await pveam('available')).toHaveLength(2)
  })

  it('that grows beyond all bounds when it is unpacked is refused', async () => {
    served['/bomb.gz'] = gzipSync(Buffer.alloc(64 * 1024 ** 2))
    await expect(pveam('update', {index: `${base}/bomb.gz`})).rejects.toThrow(/cannot be unpacked/)
  })

  it('names templates, and nothing that is no name of a file', () => {
    const located = (location: string) => parseIndex(stanza({...debian, Location: location})).map((each) => each.template)
    expect(located('a/b.tar.gz')).toEqual(['b.tar.gz'])
    expect(located('https://example.org/x/b.tar.xz')).toEqual(['b.tar.xz'])
    for (const wrong of ['../..', '-rf.tar.gz', 'a b.tar.gz', 'x.iso', '.tar.gz', `a/${'x'.repeat(300)}.tar.gz`]) expect(located(wrong), wrong).toEqual([])
    expect(locationOf({index: '/srv/a/aplinfo.dat', location: 'system/x'})).toBe('/srv/a/system/x')
    expect(parseIndex('')).toEqual([])
  })
})

describe('a template', () => {
  const path = () => join(root, 'lib/vz/template/cache', name)

  it('is downloaded, listed, left alone the second time, and removed', async () => {
    await pveam('update', {index: `${base}/aplinfo.dat`})
    await pveam('download', {storage: 'local', template: name})
    expect(await readFile(path())).toEqual(template)
    await pveam('download', {storage: 'local', template: name})
    expect(await pveam('list', {storage: 'local'})).toEqual([{volid: `local:vztmpl/${name}`, format: 'tzst', size: template.length}])
    await pveam('remove', {template_path: `local:vztmpl/${name}`})
    expect(await readdir(join(root, 'lib/vz/template/cache'))).toEqual([])
  })

  it('with another checksum than in the index is not kept', async () => {
    await pveam('update', {index: `${base}/aplinfo.dat`})
    await expect(pveam('download', {storage: 'local', template: 'wrong_1_amd64.tar.gz'})).rejects.toMatchObject({kind: 'invalid-input'})
    expect(await readdir(join(root, 'lib/vz/template/cache'))).toEqual([])
  })

  it('never replaces a file that is another one', async () => {
    await pveam('update', {index: `${base}/aplinfo.dat`})
    await mkdir(join(path(), '..'), {recursive: true})
    await writeFile(path(), 'mine')
    await expect(pveam('download', {storage: 'local', template: name})).rejects.toMatchObject({kind: 'conflict'})
    expect(await readFile(path(), 'utf8')).toBe('mine')
  })

  it('comes from a folder as well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'corral-aplinfo-'))
    try {
      await mkdir(join(folder, 'system'))
      await writeFile(join(folder, 'aplinfo.dat'), index)
      await writeFile(join(folder, `system/${name}`), template)
      await writeFile(join(folder, 'system/wrong_1_amd64.tar.gz'), template)
      await pveam('update', {index: join(folder, 'aplinfo.dat')})
      await pveam('download', {storage: 'local', template: name})
      expect(await readFile(path())).toEqual(template)
      await expect(pveam('download', {storage: 'local', template: 'wrong_1_amd64.tar.gz'})).rejects.toMatchObject({kind: 'invalid-input'})
      expect(await readdir(join(root, 'lib/vz/template/cache'))).toEqual([name])
    } finally {
      await rm(folder, {recursive: true, force: true})
    }
  })

  it('is refused when the index or the storage has none, and nothing but a template is removed', async () => {
    await pveam('update', {index: `${base}/aplinfo.dat`})
    await expect(pveam('download', {storage: 'local', template: 'none'})).rejects.toMatchObject({kind: 'not-found'})
    await context.store.commit({put: {'storage.cfg': `dir: disks\n\tpath ${root}/disks\n\tcontent images\n`}})
    await expect(pveam('download', {storage: 'disks', template: name})).rejects.toThrow("storage 'disks' is not for container templates")
    await expect(pveam('remove', {template_path: 'local:iso/x.iso'})).rejects.toThrow('is no container template')
    await expect(pveam('remove', {template_path: `local:vztmpl/${name}`})).rejects.toMatchObject({kind: 'not-found'})
  })
})

const reason = ['gpg', 'gpgv'].find((program) => spawnSync(program, ['--version']).error !== undefined)
describe.skipIf(reason !== undefined)(`a signature${reason === undefined ? '' : ` is not tried: ${reason} is not installed`}`, () => {
  it('of a key in the keyring is needed, once there is a keyring', async () => {
    const home = await mkdtemp(join(tmpdir(), 'corral-gpg-'))
    const gpg = (...words: string[]) => {
      const {status, stdout, stderr} = spawnSync('gpg', ['--homedir', home, '--batch', '--quiet', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', '', ...words])
      if (status !== 0) throw new Error(stderr.toString())
      return stdout
    }
    try {
      gpg('--quick-generate-key', 'templates@example.org', 'ed25519', 'sign', 'never')
      const [keyring, data] = [join(home, 'keys.gpg'), join(home, 'data')]
      await writeFile(keyring, gpg('--export'))
      await writeFile(data, index)
      served['/aplinfo.dat.asc'] = gpg('--armor', '--detach-sign', '--output', '-', data)
      await pveam('update', {index: `${base}/aplinfo.dat.gz`, keyring})
      expect(await pveam('available')).toHaveLength(2)
      served['/aplinfo.dat.gz'] = gzipSync(index.replace('Debian 13', 'Debian 66'))
      await expect(pveam('update')).rejects.toThrow(/does not have the signature of a key/)
      expect(JSON.stringify(await pveam('available'))).toContain('Debian 13')
      expect(await readdir(join(root, 'lib/aplinfo'))).toHaveLength(1)
    } finally {
      spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
      await rm(home, {recursive: true, force: true})
    }
  }, 60_000)
})
