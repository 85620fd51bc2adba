// Containers from images, privileged ones in folders: what their layers come to, and what is refused.
import {execFileSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {beforeEach, describe, expect, it} from 'vitest'
import {AppError} from '../../../../../src/lib/base/index.ts'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {ociImage, savedImage} from '../../../../support/oci-image.ts'
import type {ImageWish, SavedImageWish} from '../../../../support/oci-image.ts'
import {tarArchive} from '../../../../support/tar-archive.ts'
import type {TarEntry} from '../../../../support/tar-archive.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images, machineRoom} from '../../qemu/support/run-qm.ts'

let place: Installation
let context: Context
let victim: string
let vmid = 200

beforeEach(async () => {
  place = await machineRoom()
  context = await place.open()
  victim = join(place.root, 'victim')
  mkdirSync(join(place.root, 'lib/vz/template/cache'), {recursive: true})
  mkdirSync(victim, {recursive: true})
  writeFileSync(join(victim, 'file'), 'as it was')
  vmid += 1
})

async function create(image: Buffer | ImageWish, words: Readonly<Record<string, unknown>> = {}): Promise<string | undefined> {
  writeFileSync(join(place.root, 'lib/vz/template/cache/image.tar'), Buffer.isBuffer(image) ? image : ociImage(image))
  const entry = catalog.commands['pct create']
  if (entry === undefined) throw new Error('there is no pct create')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  try {
    await runHandler(handler, checkParams(spec.params, {vmid, ostemplate: 'local:vztmpl/image.tar', rootfs: 'local:0', unprivileged: '0', ...words}), context)
    return undefined
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return `${error.kind}: ${error.message}`
  }
}

const config = async () => (await context.store.read(`nodes/h1/lxc/${vmid}.conf`))?.data
const root = (path = '') => join(place.root, `lib/vz/images/${vmid}/subvol-${vmid}-disk-0.subvol`, path)
const folder = (name: string): TarEntry => ({name: `${name}/`, type: '5'})

const limits = {timeout: 180_000}

describe('an image', limits, () => {
  it('becomes the files of its layers, without what they take away, and runs what it says', async () => {
    expect(await create({
      layers: [
        [folder('etc'), {name: 'etc/passwd', data: 'web:x:33:33::/:\n'}, {name: 'etc/gone', data: 'x'}, folder('old'), folder('old/deep'), {name: 'old/deep/x', data: 'x'}, folder('all'), {name: 'all/x', data: 'x'}, folder('was'), {name: 'was/x', data: 'x'}],
        [{name: 'etc/.wh.gone'}, {name: '.wh.old'}, {name: 'all/.wh..wh..opq'}, {name: 'all/new', data: 'new'}, {name: 'was', data: 'a file'}, {name: 'etc/.wh.never'}],
      ],
      config: {Entrypoint: ['/srv/app', 'two words'], Cmd: ['x'], Env: ['PATH=/bin', 'A=b c'], User: 'web', WorkingDir: '/srv', StopSignal: 'SIGTERM'},
    }, {hostname: 'app'})).toBeUndefined()
    expect([readdirSync(root()).sort(), readdirSync(root('etc')), readdirSync(root('all')), readFileSync(root('was'), 'utf8')]).toEqual([['all', 'etc', 'was'], ['passwd'], ['new'], 'a file'])
    expect(await config()).toBe(`arch: amd64
entrypoint: /srv/app "two words" x
env: PATH=/bin\u001fA=b c
hostname: app
memory: 512
ostype: unmanaged
rootfs: local:${vmid}/subvol-${vmid}-disk-0.subvol,size=0T
swap: 512
lxc.init.cwd: /srv
lxc.signal.halt: SIGTERM
lxc.init.uid: 33
lxc.init.gid: 33
`)
  })

  it('is found by its architecture in an index of several; what is given goes before what it says', async () => {
    expect(await create({
      layers: [[{name: 'x', data: 'x'}]], config: {Entrypoint: ['/x']},
      index: (manifest) => ({schemaVersion: 2, manifests: [{...manifest, digest: `sha256:${'0'.repeat(64)}`, platform: {os: 'linux', architecture: 'arm64'}}, {...manifest, platform: {os: 'linux', architecture: 'amd64'}}]}),
    }, {entrypoint: '/sbin/init'})).toBeUndefined()
    expect(await config()).toMatch(/^entrypoint: \/sbin\/init$/m)
  })
})

describe('an image that Docker saved', limits, () => {
  const layers = [[folder('etc'), {name: 'etc/gone', data: 'x'}, {name: 'same', data: 'x'}], [{name: 'etc/.wh.gone'}, {name: 'new', data: 'y'}], [folder('etc'), {name: 'etc/gone', data: 'x'}, {name: 'same', data: 'x'}]] as const
  const packed = {'plain layers': (layer: Buffer) => layer, 'compressed layers': gzipSync}

  it.each(Object.keys(packed))('becomes the files of its layers, one of which is there twice: %s', async (kind) => {
    expect(await create(savedImage({layers, config: {Entrypoint: ['/srv/app'], Env: ['A=b']}, pack: packed[kind as keyof typeof packed]}))).toBeUndefined()
    expect([readdirSync(root()).sort(), readdirSync(root('etc')), readFileSync(root('new'), 'utf8')]).toEqual([['etc', 'new', 'same'], ['gone'], 'y'])
    expect(await config()).toMatch(/^entrypoint: \/srv\/app\nenv: A=b$/m)
  })
})

describe('an image that is compressed as a whole', limits, () => {
  const layers = [[folder('etc'), {name: 'etc/passwd', data: 'web:x:33:33::/:\n'}, {name: 'etc/gone', data: 'x'}], [{name: 'etc/.wh.gone'}, {name: 'new', data: 'y'}]] as const
  const says = {Entrypoint: ['/srv/app'], Env: ['A=b'], User: 'web', WorkingDir: '/srv'}
  const zstd = (data: Buffer) => execFileSync('zstd', ['-q', '-c'], {input: data, maxBuffer: 1 << 30})
  const opened = () => existsSync(join(place.root, 'lib/opened')) ? readdirSync(join(place.root, 'lib/opened')) : []

  it.each([
    ['layout of the Open Container Initiative, gzip', () => gzipSync(ociImage({layers, config: says}))],
    ['layout of the Open Container Initiative, zstd', () => zstd(ociImage({layers, config: says}))],
    ['docker save | gzip', () => gzipSync(savedImage({layers, config: says}))],
  ])('becomes the files of its layers and what it runs: %s', async (_name, image) => {
    expect(await create(image())).toBeUndefined()
    expect([readdirSync(root()).sort(), readdirSync(root('etc')), readFileSync(root('new'), 'utf8')]).toEqual([['etc', 'new'], ['passwd'], 'y'])
    expect(await config()).toMatch(/^entrypoint: \/srv\/app\nenv: A=b\n[^]*^lxc\.init\.cwd: \/srv\nlxc\.init\.uid: 33\nlxc\.init\.gid: 33\n/m)
    expect(opened()).toEqual([])
  })

  it('gives way to what is given', async () => {
    expect(await create(gzipSync(savedImage({layers, config: says})), {entrypoint: '/sbin/init'})).toBeUndefined()
    expect(await config()).toMatch(/^entrypoint: \/sbin\/init\nenv: A=b$/m)
  })

  const hex = '1'.repeat(64)
  const bad: Readonly<Record<string, readonly [() => Buffer, RegExp]>> = {
    'cut off': [() => gzipSync(ociImage({layers: [[{name: 'x', data: randomBytes(200_000)}]]})).subarray(0, 100_000), /damaged or cut off/],
    'a digest that is not so': [() => gzipSync(savedImage({layers, digests: layers.map(() => `sha256:${'0'.repeat(64)}`)})), /is damaged/],
    'of another architecture': [() => gzipSync(ociImage({layers, architecture: 's390x'})), /is for s390x/],
    'an image by its beginning alone': [() => gzipSync(tarArchive([{name: `blobs/sha256/${hex}`, data: randomBytes(100_000)}, {name: 'etc/passwd', data: 'x'}])), /begins as an image does, and is none/],
    'a command in two lines': [() => gzipSync(ociImage({layers, config: {Cmd: ['a\nlxc.hook.start: /x']}})), /one line/],
  }
  it('is refused and taken back when it is not as it should be; nothing of it stays opened', async () => {
    for (const [name, [image, reason]] of Object.entries(bad)) {
      expect(await create(image()), name).toMatch(reason)
      expect([await config(), await images(place), opened()], name).toEqual([undefined, [], []])
    }
  })

  it('is opened no further than a container of its size could need', async () => {
    const bomb = gzipSync(ociImage({layers: [[{name: 'x', data: 'x'}]], members: [{name: `blobs/sha256/${'2'.repeat(64)}`, data: Buffer.alloc(64 * 1024 ** 2)}]}))
    expect(bomb.length).toBeLessThan(1024 ** 2)
    expect(await create(bomb, {rootfs: 'local:0.01'})).toMatch(/^unavailable: .* is larger than \d+ bytes once it is opened, far more than the root file system has room for/)
    expect([await config(), await images(place), opened()]).toEqual([undefined, [], []])
  })

  it('is none when it is a root file system, however that begins', async () => {
    expect(await create(gzipSync(tarArchive([{name: './', type: '5'}, {name: 'manifest.json', data: '{}'}, {name: 'etc/', type: '5'}, {name: 'etc/hostname', data: 'x'}])))).toBeUndefined()
    expect(readdirSync(root()).sort()).toEqual(['etc', 'manifest.json'])
  })
})

describe('refused, and taken back', limits, () => {
  const layers = [[{name: 'x', data: 'x'}]]
  const cases: Readonly<Record<string, readonly [ImageWish | (() => Buffer), RegExp]>> = {
    'a layer that is not what its digest says': [{layers, change: ({blobs, manifest}) => { blobs.set(manifest.layers[0]?.digest.slice(7) ?? '', Buffer.alloc(manifest.layers[0]?.size ?? 0, 1)) }}, /no tar archive|is damaged/],
    'a layer with something behind its end': [{layers, change: ({blobs, manifest}) => { const layer = manifest.layers[0]; if (layer !== undefined) { const hex = layer.digest.slice(7); blobs.set(hex, Buffer.concat([blobs.get(hex) ?? Buffer.alloc(0), Buffer.alloc(512)])); layer.size += 512 } }}, /damaged/],
    'a layer of another size': [{layers, change: ({manifest}) => { const layer = manifest.layers[0]; if (layer !== undefined) layer.size += 1 }}, /bytes, and should have/],
    'a layer that is missing': [{layers, change: ({blobs, manifest}) => { blobs.delete(manifest.layers[0]?.digest.slice(7) ?? '') }}, /lacks a part/],
    'a digest that leads out': [{layers, change: ({manifest}) => { const layer = manifest.layers[0]; if (layer !== undefined) layer.digest = 'sha256:../../etc/passwd' }}, /does not say what it names/],
    'a layer of another kind': [{layers, change: ({manifest}) => { const layer = manifest.layers[0]; if (layer !== undefined) layer.mediaType = 'application/vnd.oci.image.layer.v1.tar+encrypted' }}, /cannot be unpacked/],
    'no layers': [{layers: []}, /0 layers/],
    'another architecture': [{layers, architecture: 's390x'}, /is for s390x/],
    'several images': [{layers, index: (manifest) => ({manifests: [manifest, manifest]})}, /more than one image/],
    'an index in itself': [{layers, index: (manifest) => ({manifests: [{...manifest, mediaType: 'application/vnd.oci.image.index.v1+json'}]})}, /no list 'manifests'/],
    'no JSON': [{layers, index: () => 'x'}, /is no object/],
    'a part that is there twice': [{layers, members: [{name: 'oci-layout', data: '{}'}]}, /twice/],
    'a part that is a link': [{layers, members: [{name: `blobs/sha256/${'1'.repeat(64)}`, type: '2', link: '/etc/passwd'}]}, /no plain file/],
    'an archive that is cut off': [() => { const image = ociImage({layers}); return image.subarray(0, 1000) }, /cut off|no tar archive/],
    'a command in two lines': [{layers, config: {Cmd: ['a\nlxc.hook.start: /x']}}, /one line/],
    'a user who is not there': [{layers, config: {User: 'nobody'}}, /who is not in it/],
  }
  it('what is not as the layout of images has it', async () => {
    for (const [name, [wish, reason]] of Object.entries(cases)) {
      expect(await create(typeof wish === 'function' ? wish() : wish), name).toMatch(reason)
      expect([await config(), await images(place)], name).toEqual([undefined, []])
    }
  })

  const one = [[{name: 'x', data: 'x'}]]
  const saved: Readonly<Record<string, readonly [SavedImageWish, RegExp]>> = {
    'a layer that is not what its digest says': [{layers: one, digests: [`sha256:${'0'.repeat(64)}`]}, /is damaged/],
    'a compressed one that is not': [{layers: one, digests: [`sha256:${'0'.repeat(64)}`], pack: gzipSync}, /is damaged/],
    'a layer without a digest': [{layers: one, digests: []}, /has the digests of 0/],
    'a digest that leads out': [{layers: one, digests: ['sha256:../../etc/passwd']}, /SHA-256 digests are needed/],
    'a configuration that is not what its name says': [{layers: one, change: ({members}) => { members.splice(0, members.length, ...members.map((member) => member.name.endsWith('.json') ? {...member, data: '{}'} : member)) }}, /is damaged/],
    'a configuration without a digest': [{layers: one, change: ({manifest}) => { manifest[0] = {Config: 'repositories', Layers: []} }}, /name without a digest/],
    'a layer outside of the archive': [{layers: one, change: ({layerNames}) => { layerNames[0] = '/etc/passwd' }}, /lacks a part of it, \/etc\/passwd/],
    'a layer that is a link out of the archive': [{layers: one, change: ({members}) => { const name = `${'1'.repeat(64)}/layer.tar`; members.splice(0, members.length, ...members.map((member) => member.name.endsWith('layer.tar') ? {name: member.name, type: '2', link: `../../../../${victim}/file`} : member), {name, type: '2', link: '/etc/passwd'}) }}, /lacks a part/],
    'a layer that is a link to itself': [{layers: one, change: ({members}) => { members.splice(0, members.length, ...members.map((member) => member.name.endsWith('layer.tar') ? {name: member.name, type: '2', link: 'layer.tar'} : member)) }}, /lacks a part/],
    'a part that is a device': [{layers: one, change: ({members}) => { members.push({name: `${'1'.repeat(64)}/layer.tar`, type: '3'}) }}, /no plain file/],
    'a part that is there twice': [{layers: one, change: ({members}) => { members.push({name: `${'1'.repeat(64)}.tar`}, {name: `${'1'.repeat(64)}.tar`, type: '2', link: 'x'}) }}, /twice/],
    'several images': [{layers: one, change: ({manifest}) => { manifest.push(manifest[0]) }}, /more than one image/],
    'no image': [{layers: one, change: ({manifest}) => { manifest.length = 0 }}, /holds no image/],
    'another architecture': [{layers: one, architecture: 's390x'}, /is for s390x/],
    'a list of something else': [{layers: one, change: ({manifest}) => { manifest[0] = 'x' }}, /does not say which configuration/],
  }
  it('what is not as Docker saves it', async () => {
    for (const [name, [wish, reason]] of Object.entries(saved)) {
      expect(await create(savedImage(wish)), name).toMatch(reason)
      expect([await config(), await images(place)], name).toEqual([undefined, []])
    }
  })

  it('what reaches out of the container by links of a layer below', async () => {
    const below = [{name: 'out', type: '2', link: victim}, {name: 'up', type: '2', link: '../../../../../../../../../../../..'}]
    for (const entry of [{name: 'out/file', data: 'harm'}, {name: 'out/new', data: 'harm'}, {name: 'out/.wh.file'}, {name: 'out/.wh..wh..opq'}, {name: `up${victim}/file`, data: 'harm'}, {name: `up${victim}/.wh.file`}]) {
      await create({layers: [below, [entry]]})
      expect(readFileSync(join(victim, 'file'), 'utf8'), entry.name).toBe('as it was')
      expect(readdirSync(victim), entry.name).toEqual(['file'])
      vmid += 1
    }
    expect(existsSync(victim)).toBe(true)
  })
})
