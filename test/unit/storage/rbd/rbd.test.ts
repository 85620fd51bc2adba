// Images in a Ceph pool: names, command lines, reports; and images that the kernel opens, which only some kernels can.
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {UnavailableError, systemClock} from '../../../../src/lib/base/index.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import type {Answer} from '../../../../src/lib/host/fake/fake-host.ts'
import {keyText, keyringText, readMonitors} from '../../../../src/lib/storage/ceph-cluster.ts'
import {plugin} from '../../../../src/lib/storage/rbd/plugin.ts'
import {countWatchers, parseImage, parseImages, parseNamespaces, parsePoolSpace, parseSnapshots} from '../../../../src/lib/storage/rbd/report.ts'

const section = {type: 'rbd', storage: 'pool', monhost: '192.0.2.1,[2001:db8::1]:6789', pool: 'vms', content: 'images'}
const secret = {text: '[client.admin]\n\tkey = QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n', path: '/run/corral/priv/ceph/pool.keyring'}
const who = ['--conf', '/dev/null', '-m', '192.0.2.1,[2001:db8::1]:6789', '--id', 'admin', '--keyring', secret.path]
const id = {storage: 'pool', name: 'vm-100-disk-0'}

describe('how programs find an image', () => {
  const open = (options: Readonly<Record<string, unknown>>, key = true) => plugin.open({...section, ...options}, fakeHost(), systemClock, key ? secret : undefined)

  it('by the monitors and a keyring', () => {
    const storage = open({namespace: 'n1', username: 'bob'})
    expect(storage.path(id)).toBe('rbd:vms/n1/vm-100-disk-0:mon_host=192.0.2.1;[2001\\:db8\\:\\:1]\\:6789:auth_supported=cephx:id=bob:conf=/run/corral/priv/ceph/pool.conf')
    expect(storage.imageName(id, 'before')).toEqual({format: 'raw', path: storage.path(id).replace('disk-0', 'disk-0@before')})
    expect(storage.blockSource(id).protocol).toEqual({
      driver: 'rbd', pool: 'vms', namespace: 'n1', image: 'vm-100-disk-0', server: [{host: '192.0.2.1', port: '3300'}, {host: '2001:db8::1', port: '6789'}],
      'auth-client-required': ['cephx'], user: 'bob', conf: '/run/corral/priv/ceph/pool.conf',
    })
  })

  it("by the host's own configuration when no monitors are named", () => {
    const storage = plugin.open({type: 'rbd', storage: 'pool'}, fakeHost(), systemClock)
    expect(storage.path(id)).toBe('rbd:rbd/vm-100-disk-0:id=admin:conf=/etc/ceph/ceph.conf')
    expect(storage.blockSource(id).protocol).toEqual({driver: 'rbd', pool: 'rbd', image: 'vm-100-disk-0', conf: '/etc/ceph/ceph.conf', user: 'admin'})
    expect(storage.commands({remove: id})).toEqual([['rbd', '--conf', '/etc/ceph/ceph.conf', '--id', 'admin', 'rm', '--no-progress', '--pool', 'rbd', '--image', 'vm-100-disk-0']])
  })

  it('as a device of the kernel', () => {
    const fsid = 'fc4181a6-56eb-4f68-b452-8ba1f381ca2a'
    expect(open({krbd: 1, fsid}).path(id)).toBe(`/dev/rbd-pve/${fsid}/vms/vm-100-disk-0`)
    expect(open({krbd: 1}).imageName(id, 'before').path).toBe('/dev/rbd/vms/vm-100-disk-0@before')
    expect(open({krbd: 1}).blockSource(id)).toEqual({protocol: {driver: 'host_device', filename: '/dev/rbd/vms/vm-100-disk-0'}, format: 'raw'})
  })

  it('shows changes as commands', () => {
    const storage = open({'data-pool': 'ec'})
    const image = ['--pool', 'vms', '--image', 'vm-100-disk-0']
    expect(storage.commands({create: {id, want: {vmid: 100, format: 'raw', sizeBytes: 4096}}})).toEqual([['rbd', ...who, 'create', '--size', '4096B', '--data-pool', 'ec', ...image]])
    expect(storage.commands({resize: {id, sizeBytes: 8192}})).toEqual([['rbd', ...who, 'resize', '--no-progress', '--size', '8192B', ...image]])
    expect(storage.commands({snapshot: 'rollback', id, name: 'before'})).toEqual([['rbd', ...who, 'snap', 'rollback', '--no-progress', ...image, '--snap', 'before']])
    expect(storage.commands({clone: {base: {storage: 'pool', name: 'base-9000-disk-0'}, id: {storage: 'pool', name: 'base-9000-disk-0/vm-100-disk-0'}}})).toEqual([
      ['rbd', ...who, 'clone', '--data-pool', 'ec', '--pool', 'vms', '--image', 'base-9000-disk-0', '--snap', '__base__', '--dest-pool', 'vms', '--dest', 'vm-100-disk-0'],
    ])
    expect(storage.commands({makeBase: id}).map((argv) => argv.slice(who.length + 1).join(' '))).toEqual([
      'rename --pool vms --image vm-100-disk-0 --dest-pool vms --dest base-100-disk-0', 'snap create --no-progress --pool vms --image base-100-disk-0 --snap __base__',
      'snap protect --pool vms --image base-100-disk-0 --snap __base__',
    ])
  })

  it.each([
    [{pool: 'a/b'}, 'pool'], [{pool: '-x'}, 'pool'], [{namespace: 'a:b'}, 'namespace'], [{'data-pool': ''}, 'data-pool'], [{monhost: 'a b:c'}, 'monhost'], [{monhost: '-x'}, 'monhost'],
    [{username: 'a b'}, 'username'], [{fsid: 'x'}, 'fsid'],
  ])('refuses %j', (options, field) => {
    expect(() => open(options)).toThrow(expect.objectContaining({kind: 'invalid-input', fields: expect.objectContaining({[field]: expect.any(String) as string}) as object}) as Error)
  })

  it('says that a cluster does not answer', async () => {
    const host = fakeHost({files: {'/run/corral/priv/': ''}, answers: [{argv: ['rbd', '…'], error: new UnavailableError('took longer than 15 s'), times: 2}, {argv: ['ceph', '…'], error: new UnavailableError('took longer than 15 s')}]})
    const storage = plugin.open(section, host, systemClock, secret)
    await expect(storage.activate()).rejects.toMatchObject({kind: 'unavailable', message: "storage 'pool' is not there: the Ceph cluster at 192.0.2.1, [2001:db8::1]:6789 does not answer the user admin"})
    await expect(storage.list(['images'])).rejects.toMatchObject({kind: 'unavailable'})
    expect(await storage.usage()).toMatchObject({isActive: false, reason: expect.stringContaining('does not answer') as string})
  })
})

describe('an image that the kernel opens', () => {
  const config = {...section, krbd: 1, monhost: '192.0.2.1'}
  const cluster = ['--conf', '/dev/null', '-m', '192.0.2.1', '--id', 'admin', '--auth_supported', 'none']
  const info: Answer = {argv: ['rbd', ...cluster, 'info', '--format', 'json', '--pool', 'vms', '--image', 'vm-100-disk-0'], stdout: '{"name":"vm-100-disk-0","size":4096}'}
  const map = ['rbd', ...cluster, 'device', 'map', '--pool', 'vms', '--image', 'vm-100-disk-0']

  it('appears under the name of the image', async () => {
    const host = fakeHost({files: {'/dev/rbd0': ''}, answers: [info, {argv: map, stdout: '/dev/rbd0\n'}]})
    expect(await plugin.open(config, host, systemClock).attach(id)).toBe('/dev/rbd/vms/vm-100-disk-0')
    expect(await host.files.realPath('/dev/rbd/vms/vm-100-disk-0')).toBe('/dev/rbd0')
    host.assertAllUsed()
  })

  it('is read only when it is a snapshot', async () => {
    const host = fakeHost({answers: [info, {argv: ['rbd', ...cluster, 'device', 'map', '--read-only', '--pool', 'vms', '--image', 'vm-100-disk-0', '--snap', 'before'], stdout: '/dev/rbd1\n'}]})
    expect(await plugin.open(config, host, systemClock).attach(id, 'before')).toBe('/dev/rbd/vms/vm-100-disk-0@before')
  })

  it('is refused in words by a kernel that cannot', async () => {
    const host = fakeHost({answers: [info, {argv: map, stderr: 'modprobe: FATAL: Module rbd not found.\nrbd: failed to load rbd kernel module (1)', exitCode: 1}]})
    await expect(plugin.open(config, host, systemClock).attach(id)).rejects.toMatchObject({kind: 'unavailable', message: "storage 'pool' cannot be used: the host's kernel does not open the image"})
  })

  it('does not stay when nothing is there to be let go', async () => {
    const host = fakeHost()
    await plugin.open(config, host, systemClock).detach(id)
    expect(host.ran).toEqual([])
  })
})

const call = {host: 'h1', argv: ['rbd']}

describe('what rbd and ceph tell', () => {
  it('is read', () => {
    const list = '[{"image":"base-9-disk-0","id":"a","size":8,"format":2},{"image":"base-9-disk-0","snapshot":"__base__","size":8,"protected":"true"},{"image":"vm-1-disk-0","size":9,"parent":{"pool":"p","pool_namespace":"","image":"base-9-disk-0","snapshot":"__base__"}}]'
    expect(parseImages(list, call)).toEqual([{name: 'base-9-disk-0', sizeBytes: 8}, {name: 'vm-1-disk-0', sizeBytes: 9, parent: {image: 'base-9-disk-0', snapshot: '__base__'}}])
    expect(parseSnapshots('[{"id":7,"name":"b","timestamp":"x"},{"id":4,"name":"a","timestamp":"Mon Nov 23 00:58:48 2026"}]', call)).toEqual([
      {name: 'a', createdAtMs: new Date(2026, 10, 23, 0, 58, 48).getTime()}, {name: 'b', createdAtMs: 0},
    ])
    expect(countWatchers('{"watchers":[]}', call)).toBe(0)
    expect(countWatchers('{"watchers":[{"address":"x"}]}', call)).toBe(1)
    expect(parseNamespaces('[{"name":"a"}]', call)).toEqual(['a'])
    expect(parsePoolSpace('{"pools":[{"name":"vms","stats":{"stored":5,"max_avail":7}}]}', 'vms', call)).toEqual({usedBytes: 5, availableBytes: 7})
    expect(parsePoolSpace('{"pools":[]}', 'vms', call)).toBeUndefined()
  })

  it('is refused when it is something else, whatever it is', () => {
    const readers = [parseImages, parseImage, parseSnapshots, countWatchers, parseNamespaces, (text: string) => parsePoolSpace(text, 'vms', call)]
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.constantFrom('', '[1]', '[{"image":1}]', '{"pools":3}', '[{"image":"a","size":-1}]')), (text) => {
      for (const read of readers) {
        try {
          read(text, call)
        } catch (error) {
          expect(error).toMatchObject({kind: 'tool'})
        }
      }
    }))
  })
})

describe('the words of a section about a Ceph cluster', () => {
  it('are monitors with and without ports', () => {
    expect(readMonitors({type: 'rbd', storage: 'x', monhost: 'a;::1 [::2]:6789,b.example:3301'})).toEqual([
      {host: 'a', port: undefined}, {host: '::1', port: undefined}, {host: '::2', port: 6789}, {host: 'b.example', port: 3301},
    ])
  })
  it('are a keyring, or the key in one', () => {
    expect(keyringText('[client.admin]\nkey = QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=')).toBe('[client.admin]\nkey = QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n')
    expect(keyText(secret.text)).toBe('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n')
    expect(keyText('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n')).toBe('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n')
    expect(() => keyringText('hello')).toThrow(/no keyring/)
    expect(() => keyText('hello world')).toThrow(/no key/)
  })
})
