import {describe, expect, it} from 'vitest'
import {UnavailableError} from '../../../../../src/lib/base/index.ts'
import type {Places} from '../../../../../src/lib/base/index.ts'
import {wantedHugePages} from '../../../../../src/lib/guest/qemu/arguments/memory-layout.ts'
import {releaseHugePages, reserveHugePages} from '../../../../../src/lib/guest/qemu/huge-pages/reservation.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {FakeHost} from '../../../../../src/lib/host/fake/index.ts'
import {hostWithSysfs} from '../../../../support/fake-sysfs.ts'
import type {FakeSysfs} from '../../../../support/fake-sysfs.ts'

const places: Places = {stateDir: '/c/lib', runDir: '/c/run', logDir: '/c/log', root: '/c'}
const {dir, hugePages: record} = guestPaths(places, 100)
const mounted = '36 25 0:31 / /run/hugepages/kvm/2048kB rw - hugetlbfs hugetlbfs rw,pagesize=2M\n'
const wanted = [{hostNode: 0, pageMib: 2, count: 256}]

async function hostWith(pools: NonNullable<FakeSysfs['hugePages']>, mounts = mounted): Promise<FakeHost> {
  return hostWithSysfs({hugePages: pools}, {
    files: {[`${dir}/`]: '', '/proc/self/mountinfo': mounts},
    answers: [{argv: ['mount', '-t', 'hugetlbfs', '-o', 'pagesize=2M', 'hugetlbfs', '/run/hugepages/kvm/2048kB'], times: mounts === '' ? 1 : Infinity}],
  })
}

async function poolOf(host: FakeHost, node = 0): Promise<number> {
  return Number(await host.files.readText(`/sys/devices/system/node/node${node}/hugepages/hugepages-2048kB/nr_hugepages`))
}

describe('huge pages of a guest', () => {
  it('are added to those that are free, and what was added is given back', async () => {
    const host = await hostWith({'node0/2048kB': {total: 100, free: 40}})
    await reserveHugePages(100, wanted, false, {host, places})
    expect(await poolOf(host)).toBe(316)
    await releaseHugePages(100, {host, places})
    expect(await poolOf(host)).toBe(100)
    expect(await host.files.stat(record)).toBeUndefined()
    await releaseHugePages(100, {host, places})
    expect(await poolOf(host)).toBe(100)
  })

  it('are taken from an administrator\'s pool where it has enough, which stays as it is', async () => {
    const host = await hostWith({'node0/2048kB': {total: 300, free: 300}})
    await reserveHugePages(100, wanted, false, {host, places})
    await releaseHugePages(100, {host, places})
    expect(await poolOf(host)).toBe(300)
  })

  it('stay reserved when they are to be kept', async () => {
    const host = await hostWith({'node0/2048kB': {total: 0, free: 0}})
    await reserveHugePages(100, wanted, true, {host, places})
    await releaseHugePages(100, {host, places})
    expect(await poolOf(host)).toBe(256)
    expect(await host.files.stat(record)).toBeUndefined()
  })

  it('are all given back when one node has not enough', async () => {
    const host = await hostWith({'node0/2048kB': {total: 0, free: 0}, 'node1/2048kB': {total: 8, free: 8, most: 60}})
    const both = [{hostNode: 0, pageMib: 2, count: 64}, {hostNode: 1, pageMib: 2, count: 64}]
    const failure: unknown = await reserveHugePages(100, both, false, {host, places}).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UnavailableError)
    expect((failure as UnavailableError).message).toBe('the guest needs 64 huge pages of 2 MiB on NUMA node 1, and the host has room for 60')
    expect([await poolOf(host, 0), await poolOf(host, 1)]).toEqual([0, 8])
    expect(await host.files.stat(record)).toBeUndefined()
  })

  it('are not even tried where the node has not that much memory', async () => {
    const host = await hostWith({'node0/2048kB': {total: 0, free: 0}})
    await host.files.write('/sys/devices/system/node/node0/meminfo', 'Node 0 MemTotal:  1000000 kB\nNode 0 MemFree:  102400 kB\nNode 0 FilePages:  102400 kB\n')
    await expect(reserveHugePages(100, wanted, false, {host, places})).rejects.toThrowError(/the guest needs 256 huge pages of 2 MiB on NUMA node 0, and the host has room for 100/)
    expect(await poolOf(host)).toBe(0)
  })

  it('that were only noted when the process died take nothing away from others', async () => {
    const host = await hostWith({'node0/2048kB': {total: 500, free: 500}})
    await host.files.write(record, JSON.stringify({keep: false, added: [{hostNode: 0, pageMib: 2, count: 256, before: 500, isAdded: false}]}))
    await releaseHugePages(100, {host, places})
    expect(await poolOf(host)).toBe(500)
  })

  it('go as soon as they are let go of, when a QEMU that has just ended still has them, and belong to the pool again when it grows before', async () => {
    const host = await hostWith({'node0/2048kB': {total: 40, free: 8}})
    const surplus = async () => Number(await host.files.readText('/sys/devices/system/node/node0/hugepages/hugepages-2048kB/surplus_hugepages'))
    await host.files.write(record, JSON.stringify({keep: false, added: [{hostNode: 0, pageMib: 2, count: 40, before: 0, isAdded: true}]}))
    await releaseHugePages(100, {host, places})
    expect([await poolOf(host), await surplus()]).toEqual([32, 32])
    await reserveHugePages(100, [{hostNode: 0, pageMib: 2, count: 10}], false, {host, places})
    expect([await poolOf(host), await surplus()]).toEqual([42, 0])
    await releaseHugePages(100, {host, places})
    expect([await poolOf(host), await surplus()]).toEqual([32, 32])
  })

  it('come out of a mount that is made when there is none', async () => {
    const host = await hostWith({'node0/2048kB': {total: 256, free: 256}}, '')
    await reserveHugePages(100, wanted, false, {host, places})
    host.assertAllUsed()
  })

  it('are not lost to a record that is broken', async () => {
    const host = await hostWith({'node0/2048kB': {total: 9, free: 9}})
    for (const text of ['', '{', 'null', '{"added": 7}', '{"added": [{"count": -5, "hostNode": 0, "pageMib": 2, "before": 0, "isAdded": true}]}']) {
      await host.files.write(record, text)
      await releaseHugePages(100, {host, places})
      expect(await poolOf(host), text).toBe(9)
    }
  })
})

describe('the pages that a guest needs', () => {
  const host = {hugePageSizesMib: [2, 1024], numaNodes: [0, 1]}

  it('are counted by node and size', () => {
    expect(wantedHugePages({hugepages: 'any', numa: '1', sockets: '2', memory: '4096'}, host)).toEqual([
      {hostNode: 0, pageMib: 1024, count: 2}, {hostNode: 1, pageMib: 1024, count: 2},
    ])
    expect(wantedHugePages({hugepages: '2', numa: '1', memory: '2048', numa0: 'cpus=0,memory=1024,hostnodes=1,policy=bind', numa1: 'cpus=1,memory=1024,hostnodes=1,policy=bind'}, host))
      .toEqual([{hostNode: 1, pageMib: 2, count: 1024}])
    expect(wantedHugePages({hugepages: '2', numa: '1', memory: '2048', hotplug: 'memory'}, host)).toEqual([{hostNode: 0, pageMib: 2, count: 1024}])
    expect(wantedHugePages({memory: '2048'}, host)).toEqual([])
  })

  it.each([
    [{hugepages: '2', numa: '1', sockets: '3', memory: '1536'}, /NUMA node 2/],
    [{hugepages: '1024', numa: '1', memory: '1536'}, /cannot be made of huge pages of 1024 MiB/],
    [{hugepages: '2', numa: '1', memory: '512', numa0: 'cpus=0,memory=512'}, /must name one node of the host/],
    [{hugepages: '2', numa: '1', memory: '512', numa0: 'cpus=0,memory=512,hostnodes=0-1,policy=bind'}, /must name one node of the host/],
  ])('are refused where they cannot be: %j', (values, message) => {
    expect(() => wantedHugePages(values, host)).toThrowError(message)
  })

  it('are refused on a host without them', () => {
    expect(() => wantedHugePages({hugepages: '1024', numa: '1', memory: '1024'}, {hugePageSizesMib: [2], numaNodes: [0]})).toThrowError(/no huge pages of 1024 MiB/)
  })
})
