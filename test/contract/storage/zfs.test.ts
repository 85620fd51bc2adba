// ZFS over iSCSI with a real iSCSI target (tgt) and QEMU's driver. The server is this machine: in place of ssh a shell takes the command lines, so
// that they are quoted for one; its zfs is test/support/fake-zfs.sh. The pair of ZFS and LIO is tried in the lab.
import {chmod, copyFile, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {plugin} from '../../../src/lib/storage/zfs/plugin.ts'
import type {TgtServer} from '../../support/tgt-server.ts'
import {missingForTgt, startTgt, target} from '../../support/tgt-server.ts'
import type {StorageUnderTest} from './storage-contract.ts'
import {storageContract} from './storage-contract.ts'

const started: Promise<TgtServer>[] = []
const server = (): Promise<TgtServer> => started[0] ??= startTgt()
let targets = 1

/** A target and a pool for each test. */
async function poolBehindTarget(): Promise<StorageUnderTest & {readonly folder: string; readonly tid: string; readonly tgt: TgtServer}> {
  const tgt = await server()
  const folder = await mkdtemp(join(tmpdir(), 'corral-zfs-'))
  const bin = join(folder, 'bin')
  for (const each of [bin, join(folder, 'tank'), join(folder, 'meta')]) await mkdir(each)
  await copyFile(join(import.meta.dirname, '../../support/fake-zfs.sh'), join(bin, 'zfs'))
  await writeFile(join(bin, 'tgtadm'), '#!/bin/sh\nexec /usr/sbin/tgtadm -C 77 "$@"\n')
  await writeFile(join(bin, 'udevadm'), '#!/bin/sh\nexit 0\n')
  for (const name of ['zfs', 'tgtadm', 'udevadm']) await chmod(join(bin, name), 0o755)
  const tid = String(++targets)
  const name = `${target}-${tid}`
  tgt.tgtadm('--op', 'new', '--mode', 'target', '--tid', tid, '--targetname', name)
  tgt.tgtadm('--op', 'bind', '--mode', 'target', '--tid', tid, '--initiator-address', 'ALL')
  const local = localHost('h1')
  const env = {...tgt.env, FAKE_ZFS: folder, PATH: `${bin}:${process.env['PATH'] ?? ''}`}
  const host: Host = {...local, run: (argv, options) => argv[0] === 'ssh' ? local.run(['sh', '-c', argv.at(-1) ?? ''], {...options, env}) : local.run(argv, options)}
  return {
    plugin, host, folder, tid, tgt,
    config: {type: 'zfs', storage: 'san', portal: tgt.portal, target: name, pool: 'tank', blocksize: '16k', iscsiprovider: 'iet', sparse: true, 'zfs-base-path': folder, content: 'images'},
    close: async () => {
      tgt.tgtadm('--op', 'delete', '--mode', 'target', '--tid', tid, '--force')
      await rm(folder, {recursive: true, force: true})
    },
  }
}

const reason = missingForTgt()
if (reason !== undefined) {
  describe('a storage of type zfs', () => {
    it.skip(`is not tried: ${reason}`, () => undefined)
  })
} else {
  afterAll(async () => { await (await started[0])?.close() })
  storageContract('zfs', poolBehindTarget)

  describe('ZFS behind a target', () => {
    it('gives a volume the same LUN again when the target has forgotten it, and that number to nobody else', async () => {
      const made = await poolBehindTarget()
      const open = () => plugin.open(made.config, made.host, systemClock)
      const storage = open()
      const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 1024 ** 2})
      const path = storage.path(id)
      made.tgt.tgtadm('--op', 'delete', '--mode', 'logicalunit', '--tid', made.tid, '--lun', '1')
      const other = await storage.create({vmid: 101, format: 'raw', sizeBytes: 1024 ** 2})
      expect(storage.path(other.id)).not.toBe(path)
      const again = open()
      await again.locate?.(id)
      expect(again.path(id)).toBe(path)
      expect(await again.attach(id)).toBe(path)
      expect(made.tgt.tgtadm('--op', 'show', '--mode', 'target')).toContain(`${made.folder}/tank/vm-100-disk-0`)
      await made.close()
    })

    it('names no LUN to QEMU that it did not look up', async () => {
      const made = await poolBehindTarget()
      const storage = plugin.open(made.config, made.host, systemClock)
      const id = {storage: 'san', name: 'vm-100-disk-0'}
      expect(storage.blockSource(id).protocol['lun']).toBe('unknown')
      expect(storage.imageName(id).options).toMatchObject({'file.lun': 'unknown'})
      await expect(made.host.run(['qemu-img', 'info', storage.path(id)])).rejects.toMatchObject({kind: 'tool'})
      await expect(made.host.run(['qemu-img', 'info', '--image-opts', Object.entries(storage.imageName(id).options ?? {}).map(([key, value]) => `${key}=${value}`).join(',')])).rejects.toMatchObject({kind: 'tool'})
      await made.close()
    })

    it('says that the server has no such target or pool', async () => {
      const made = await poolBehindTarget()
      const open = (options: Readonly<Record<string, unknown>>) => plugin.open({...made.config, ...options}, made.host, systemClock)
      await expect(open({target: 'iqn.2003-01.org.example:none'}).activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining("no target 'iqn.2003-01.org.example:none'") as string})
      await expect(open({pool: 'lake'}).activate()).rejects.toMatchObject({kind: 'unavailable', message: expect.stringContaining("no ZFS pool or dataset 'lake'") as string})
      await made.close()
    })
  })
}
