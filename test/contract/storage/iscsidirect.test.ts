// A real iSCSI server (tgt) on the loopback, spoken to by libiscsi's programs and QEMU's driver. The volumes are there already, so the suite for
// storages that make their volumes does not fit; what of it does is here.
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {discoverTargets} from '../../../src/lib/storage/iscsi/discovery.ts'
import {plugin} from '../../../src/lib/storage/iscsidirect/plugin.ts'
import type {Storage} from '../../../src/lib/storage/index.ts'
import type {TgtServer} from '../../support/tgt-server.ts'
import {firstByteOf, missingForTgt, startTgt, target} from '../../support/tgt-server.ts'
import {hostileNames} from './storage-contract.ts'

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
    let server: TgtServer
    let storage: Storage
    const open = (options: Readonly<Record<string, unknown>> = {}) => plugin.open({type: 'iscsidirect', storage: 'san', portal: server.portal, target, ...options}, host, systemClock)
    beforeAll(async () => {
      server = await startTgt()
      await server.addDisk(1, 16 * mebibyte)
      await server.addDisk(12, 40 * mebibyte)
      storage = open()
    })
    afterAll(async () => { await server.close() })

    it('shows the disks of the target with their sizes to the byte, and not its controller', async () => {
      await storage.activate()
      expect((await storage.list(['images'])).map(({id: {name}, sizeBytes, format, vmid}) => [name, sizeBytes, format, vmid])).toEqual([
        ['lun1', 16 * mebibyte, 'raw', undefined], ['lun12', 40 * mebibyte, 'raw', undefined],
      ])
      expect(await storage.volume(id('lun12'))).toMatchObject({sizeBytes: 40 * mebibyte, isBase: false})
      expect(await storage.usage()).toEqual({totalBytes: 56 * mebibyte, usedBytes: 56 * mebibyte, availableBytes: 0, isActive: true})
    })

    it("gives LUNs to no guest, and shows nothing that was not asked for", async () => {
      expect(await storage.list(['images'], 100)).toEqual([])
      expect(await storage.list(['iso'])).toEqual([])
      expect(await storage.exists(id('lun1'))).toBe(true)
      expect(await storage.exists(id('lun2'))).toBe(false)
      expect(await storage.exists(id('lun0'))).toBe(false)
      await expect(storage.attach(id('lun2'))).rejects.toMatchObject({kind: 'not-found', message: 'there is no volume san:lun2'})
    })

    it('is read and written by QEMU under the names that it gives', async () => {
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

    it('refuses to make, grow, rename and remove, and says who can', async () => {
      const refused = {kind: 'unsupported', message: expect.stringContaining('the server that has them') as string}
      await expect(storage.create({vmid: 100, format: 'raw', sizeBytes: mebibyte})).rejects.toMatchObject(refused)
      await expect(storage.nextName(100, 'raw', [])).rejects.toMatchObject(refused)
      await expect(storage.remove(id('lun1'))).rejects.toMatchObject(refused)
      await expect(storage.checkRemovable(id('lun1'))).rejects.toMatchObject(refused)
      await expect(storage.resize(id('lun1'), 32 * mebibyte)).rejects.toMatchObject(refused)
      await expect(storage.rename(id('lun1'), id('lun2'))).rejects.toMatchObject(refused)
      expect(() => storage.imageName(id('lun1'), 'before')).toThrow(/snapshot/)
    })

    it('refuses hostile volume names everywhere', async () => {
      for (const hostile of [...hostileNames, 'lun', 'lun-1', 'lun01', 'lun99999', 'lun1 ', 'lun1,x=y', 'vm-100-disk-0']) {
        expect(() => plugin.parseName(hostile), hostile).toThrow()
        expect(() => storage.path(id(hostile)), hostile).toThrow()
        expect(() => storage.blockSource(id(hostile)), hostile).toThrow()
        await expect(storage.remove(id(hostile)), hostile).rejects.toMatchObject({kind: 'invalid-input'})
        await expect((async () => storage.volume(id(hostile)))(), hostile).rejects.toMatchObject({kind: 'invalid-input'})
      }
      expect(() => storage.path({storage: 'elsewhere', name: 'lun1'})).toThrow(/not on storage/)
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
