// A real iSCSI server (tgt) on the loopback, spoken to by libiscsi's programs and QEMU's driver. The volumes are there already, so the suite for
// storages that make their volumes does not fit; what of it does is here.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {discoverTargets} from '../../../src/lib/storage/iscsi/discovery.ts'
import {plugin} from '../../../src/lib/storage/iscsidirect/plugin.ts'
import {plugin as dirPlugin} from '../../../src/lib/storage/dir/plugin.ts'
import {convertArgv} from '../../../src/lib/storage/convert-image.ts'
import type {Storage} from '../../../src/lib/storage/index.ts'
import type {TgtServer} from '../../support/tgt-server.ts'
import {firstByteOf, missingForTgt, startTgt, target} from '../../support/tgt-server.ts'
import type {Operation} from './contract-run.ts'
import {contractRun, expectStretches, writeStretches} from './contract-run.ts'
import {hostileNames} from './storage-contract.ts'
import {streamOf} from './transfer-contract.ts'

const mebibyte = 1024 ** 2
const host = localHost('h1')
const id = (name: string) => ({storage: 'san', name})

const reason = missingForTgt()
if (reason !== undefined) {
  describe('a storage of type iscsidirect', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  describe('a storage of type iscsidirect', () => {
    const started: Promise<TgtServer>[] = []
    let server: TgtServer
    let storage: Storage
    const open = (options: Readonly<Record<string, unknown>> = {}) => plugin.open({type: 'iscsidirect', storage: 'san', portal: server.portal, target, ...options}, host, systemClock)
    const {check, ...contract} = contractRun('iscsidirect', async () => {
      server = await (started[0] ??= serverWithDisks())
      return {
        plugin, host, config: {type: 'iscsidirect', storage: 'san', portal: server.portal, target}, close: async () => undefined,
        outage: {
          begin: () => server.close(),
          end: async () => { server = await (started[0] = serverWithDisks(server.portal)) },
        },
      }
    })
    beforeEach(() => { storage = contract.storage() })
    afterAll(() => server.close())

    check(['activate', 'usage', 'list', 'size'], 'shows the disks of the target with their sizes to the byte, and not its controller', async () => {
      await storage.activate()
      expect((await storage.list(['images'])).map(({id: {name}, sizeBytes, format, vmid}) => [name, sizeBytes, format, vmid])).toEqual([
        ['lun1', 16 * mebibyte, 'raw', undefined], ['lun12', 40 * mebibyte, 'raw', undefined],
      ])
      expect(await storage.volume(id('lun12'))).toMatchObject({sizeBytes: 40 * mebibyte, isBase: false})
      expect(await storage.usage()).toEqual({totalBytes: 56 * mebibyte, usedBytes: 56 * mebibyte, availableBytes: 0, isActive: true})
    })

    check(['list'], "gives LUNs to no guest, and shows nothing that was not asked for", async () => {
      expect(await storage.list(['images'], 100)).toEqual([])
      expect(await storage.list(['iso'])).toEqual([])
      expect(await storage.exists(id('lun1'))).toBe(true)
      expect(await storage.exists(id('lun2'))).toBe(false)
      expect(await storage.exists(id('lun0'))).toBe(false)
      await expect(storage.attach(id('lun2'))).rejects.toMatchObject({kind: 'not-found', message: 'there is no volume san:lun2'})
    })

    check(['path'], 'is read and written by QEMU under the names that it gives', async () => {
      const path = await storage.attach(id('lun1'))
      expect(path).toBe(`iscsi://${server.portal}/${target}/1`)
      expect(storage.blockSource(id('lun1'))).toEqual({protocol: {driver: 'iscsi', transport: 'tcp', portal: server.portal, target, lun: 1}, format: 'raw'})
      await host.run(['qemu-io', '-f', 'raw', '-c', 'write -P 0x41 0 1M', path])
      await storage.detach(id('lun1'))
      expect(await firstByteOf(`${server.folder}/disk-1.raw`)).toBe(0x41)
      const {driver, ...file} = storage.blockSource(id('lun1')).protocol
      const {stdout} = await host.run(['qemu-io', '-r', '-c', 'read -P 0x41 0 1M', `json:${JSON.stringify({driver: 'raw', file: {driver, ...file}})}`])
      expect(stdout).not.toContain('Pattern verification failed')
    })

    const changes: readonly Operation[] = ['allocate', 'resize', 'rename', 'delete', 'snapshot', 'rollback', 'template', 'linked clone', 'import', 'concurrent', 'out of space']
    check(changes, 'refuses to make, grow, rename and remove, and says who can', async () => {
      changes.forEach(contract.lacks)
      expect([storage.snapshots, storage.templates]).toEqual([undefined, undefined])
      const refused = {kind: 'unsupported', message: expect.stringContaining('the server that has them') as string}
      await expect(storage.create({vmid: 100, format: 'raw', sizeBytes: mebibyte})).rejects.toMatchObject(refused)
      await expect(storage.nextName(100, 'raw', [])).rejects.toMatchObject(refused)
      await expect(storage.remove(id('lun1'))).rejects.toMatchObject(refused)
      await expect(storage.checkRemovable(id('lun1'))).rejects.toMatchObject(refused)
      await expect(storage.resize(id('lun1'), 32 * mebibyte)).rejects.toMatchObject(refused)
      await expect(storage.rename(id('lun1'), id('lun2'))).rejects.toMatchObject(refused)
      expect(() => storage.imageName(id('lun1'), 'before')).toThrow(/snapshot/)
    })

    check(['full clone', 'export'], 'is copied whole to another storage, and sent as a stream', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'corral-peer-'))
      try {
        const peer = dirPlugin.open({type: 'dir', storage: 'peer', path: folder, content: 'images'}, host, systemClock)
        await writeStretches(host, storage, id('lun1'), [[0, 1, '0x61'], [1, 14, '0x00'], [15, 1, '0x62']])
        const {id: copy} = await peer.create({vmid: 100, format: 'qcow2', sizeBytes: 16 * mebibyte})
        await storage.attach(id('lun1'))
        await host.run(convertArgv({source: storage.imageName(id('lun1')), target: peer.imageName(copy), isTargetZero: true}))
        await expectStretches(host, peer, copy, [[0, 1, '0x61'], [1, 14, '0x00'], [15, 1, '0x62']])
        const stream = await streamOf(storage, id('lun1'), {format: 'raw+size'})
        expect([stream.length, stream[8], stream.at(-1)]).toEqual([8 + 16 * mebibyte, 0x61, 0x62])
      } finally {
        await rm(folder, {recursive: true, force: true})
      }
    })

    check(['path'], 'refuses hostile volume names everywhere', async () => {
      for (const hostile of [...hostileNames, 'lun', 'lun-1', 'lun01', 'lun99999', 'lun1 ', 'lun1,x=y', 'vm-100-disk-0']) {
        expect(() => plugin.parseName(hostile), hostile).toThrow()
        expect(() => storage.path(id(hostile)), hostile).toThrow()
        expect(() => storage.blockSource(id(hostile)), hostile).toThrow()
        await expect(storage.remove(id(hostile)), hostile).rejects.toMatchObject({kind: 'invalid-input'})
        await expect((async () => storage.volume(id(hostile)))(), hostile).rejects.toMatchObject({kind: 'invalid-input'})
      }
      expect(() => storage.path({storage: 'elsewhere', name: 'lun1'})).toThrow(/not on storage/)
    })

    check(['gone and back'], 'is inactive while its server is away, says why, and is as before when it is back', async () => {
      const {outage} = contract.made()
      await outage?.begin()
      try {
        expect(await storage.usage()).toMatchObject({isActive: false, totalBytes: 0, reason: `the iSCSI portal ${server.portal} does not answer`})
        await expect(storage.activate()).rejects.toMatchObject({kind: 'unavailable'})
      } finally {
        await outage?.end()
      }
      await storage.activate()
      expect((await storage.list(['images'])).map(({id: {name}}) => name)).toEqual(['lun1', 'lun12'])
    })

    it('says what is wrong: no such target, nobody at the portal, a target that wants a password', async () => {
      await expect(open({target: 'iqn.2003-01.org.example:other'}).activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining("has no target 'iqn.2003-01.org.example:other'") as string})
      const away = open({portal: '127.0.0.1:1'})
      await expect(away.activate()).rejects.toMatchObject({kind: 'unavailable', message: 'the iSCSI portal 127.0.0.1:1 does not answer'})
      expect(await away.usage()).toMatchObject({isActive: false, reason: 'the iSCSI portal 127.0.0.1:1 does not answer'})
      server.tgtadm('--op', 'new', '--mode', 'target', '--tid', '2', '--targetname', 'iqn.2003-01.org.example:locked')
      server.tgtadm('--op', 'bind', '--mode', 'target', '--tid', '2', '--initiator-address', 'ALL')
      server.tgtadm('--op', 'new', '--mode', 'account', '--user', 'somebody', '--password', 'long-enough-1')
      server.tgtadm('--op', 'bind', '--mode', 'account', '--tid', '2', '--user', 'somebody')
      await expect(open({target: 'iqn.2003-01.org.example:locked'}).activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining('CHAP') as string})
      // iscsi-ls ends at the locked target, which it meets first.
      expect((await storage.list(['images'])).map(({id: {name}}) => name)).toEqual(['lun1', 'lun12'])
      expect((await discoverTargets(server.portal, host)).map(({target: name}) => name).sort()).toEqual([target, 'iqn.2003-01.org.example:locked'])
    })

    it('tells which targets a portal has, by its address and group', async () => {
      expect(await discoverTargets(server.portal, host)).toContainEqual({target, portal: `${server.portal},1`})
      await expect(discoverTargets('127.0.0.1:1', host)).rejects.toMatchObject({kind: 'unavailable'})
      for (const hostile of ['-x', '', 'a b', '127.0.0.1:1/x', '127.0.0.1:123456', '$(id)', '[::1']) {
        await expect(discoverTargets(hostile, host), hostile).rejects.toMatchObject({kind: 'invalid-input'})
      }
    })
  })
}

async function serverWithDisks(portal?: string): Promise<TgtServer> {
  const server = await startTgt(portal)
  await server.addDisk(1, 16 * mebibyte)
  await server.addDisk(12, 40 * mebibyte)
  return server
}
