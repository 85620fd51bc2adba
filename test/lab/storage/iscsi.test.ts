// The kernel's initiator and the kernel's target (LIO), both on the lab host; a volume group on a LUN, which other hosts would see as well; and ZFS behind that
// target, by SSH. The LUNs of a target are there already, so the suite for storages that make their volumes does not fit.
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Host} from '../../../src/lib/host/index.ts'
import type {Volume} from '../../../src/lib/storage/index.ts'
import {openStorage} from '../../../src/lib/storage/index.ts'
import {systemClock} from '../../../src/lib/base/index.ts'
import {plugin as zfs} from '../../../src/lib/storage/zfs/plugin.ts'
import {expectStretches, mebibyte, writeStretches} from '../../contract/storage/contract-run.ts'
import type {Commands} from '../support/commands.ts'
import {commandsForLab} from '../support/commands.ts'
import {closeLio, openLio, portal, target} from '../support/lio.ts'
import {sharedHost} from '../support/shared-host.ts'

let host: Host
let commands: Commands
let luns: readonly Volume[]

const storage = (name: string) => openStorage(name, commands.context)

beforeAll(async () => {
  host = await sharedHost()
  // A file: as a disk, lvm2 would see the volume group on it twice.
  await openLio(host, ['/backstores/fileio create name=first file_or_dev=/srv/first size=2G sparse=true', '/backstores/ramdisk create name=second size=8M'], ['/backstores/fileio/first 1', '/backstores/ramdisk/second 12'])
  await host.run(['systemctl', 'start', 'iscsid'], {timeoutMs: 300_000})
  commands = await commandsForLab()
  await commands.run('pvesm add', {type: 'iscsi', storage: 'san', portal, target, content: 'images'})
})
afterAll(async () => {
  await host.run(['vgremove', '-q', '--yes', '--force', '--', 'sanvg'], {okExitCodes: [0, 5]})
  await host.run(['iscsiadm', '--mode', 'node', '--targetname', target, '--logout'], {okExitCodes: [0, 21]})
  await closeLio(host)
  await host.files.remove('/srv/first')
  await commands.close()
})

describe('a storage of type iscsi', () => {
  it('logs in and shows the disks of the target with their sizes to the byte', async () => {
    const san = await storage('san')
    await san.activate()
    luns = await san.list(['images'])
    expect(luns.map(({id: {name}, sizeBytes, format}) => [/^0\.0\.(\d+)\.scsi-/.exec(name)?.[1], sizeBytes, format])).toEqual([['1', 2048 * mebibyte, 'raw'], ['12', 8 * mebibyte, 'raw']])
    expect(await san.usage()).toMatchObject({isActive: true, totalBytes: 2056 * mebibyte})
  })

  it('is read and written by QEMU under the names that udev gives', async () => {
    const san = await storage('san')
    const id = luns[1]?.id ?? {storage: 'san', name: ''}
    await writeStretches(host, san, id, [[0, 1, '0x51'], [7, 1, '0x52']])
    await expectStretches(host, san, id, [[0, 1, '0x51'], [7, 1, '0x52']])
  })

  it('says what is wrong: no such target, nobody at the portal, no such volume', async () => {
    const san = await storage('san')
    await expect(san.volume({storage: 'san', name: '0.0.9.scsi-360000000000000000e00000000010001'})).rejects.toMatchObject({kind: 'not-found'})
    await expect(commands.run('pvesm add', {type: 'iscsi', storage: 'other', portal, target: `${target}.none`, content: 'none'})).rejects.toMatchObject({kind: 'unavailable'})
    await expect(commands.run('pvesm add', {type: 'iscsi', storage: 'other', portal: '127.0.0.1:1', target: `${target}.away`, content: 'none'})).rejects.toMatchObject({kind: 'unavailable'})
  })
})

describe('a shared volume group on a LUN', () => {
  it('is made on it, and its volumes are on only where they are used', async () => {
    const base = `san:${luns[0]?.id.name ?? ''}`
    await commands.run('pvesm add', {type: 'lvm', storage: 'group', vgname: 'sanvg', base, shared: 1, content: 'images'})
    const group = await storage('group')
    expect(await group.usage()).toMatchObject({isActive: true})
    const {id} = await group.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte})
    const isOn = async () => (await host.run(['lvs', '--noheadings', '-o', 'lv_active', '--', `sanvg/${id.name}`])).stdout.trim()
    expect(await isOn()).toBe('')
    await writeStretches(host, group, id, [[0, 1, '0x61']])
    expect(await isOn()).toBe('')
    await group.resize(id, 24 * mebibyte)
    await expectStretches(host, group, id, [[0, 1, '0x61']])
    expect((await group.list(['images'])).map(({sizeBytes}) => sizeBytes)).toEqual([24 * mebibyte])
    await group.remove(id)
    expect(await group.list(['images'])).toEqual([])
  })

  it('says that the target is not there when it has gone', async () => {
    await host.run(['vgchange', '-an', '-q', '--', 'sanvg'])
    await host.run(['iscsiadm', '--mode', 'node', '--targetname', target, '--logout'])
    const group = await storage('group')
    // Whoever uses it is logged in again.
    expect(await group.usage()).toMatchObject({isActive: true})
    await commands.run('pvesm remove', {storage: 'group'})
  })
})

describe('ZFS behind LIO', () => {
  it('makes, grows, snapshots and removes a disk over SSH', async () => {
    const [key, pool] = ['/root/.ssh/lab-san', 'liopool']
    await host.run(['modprobe', 'zfs'], {timeoutMs: 300_000})
    await host.run(['truncate', '-s', '512M', '/srv/liopool'])
    await host.run(['zpool', 'create', '-f', pool, '/srv/liopool'])
    await host.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
    await host.files.append('/root/.ssh/authorized_keys', await host.files.readText(`${key}.pub`))
    const hostKey = await host.files.readText('/etc/ssh/ssh_host_ed25519_key.pub').catch(async () => (await host.run(['ssh-keygen', '-y', '-f', '/etc/ssh/ssh_host_ed25519_key'])).stdout)
    await host.files.write('/root/.ssh/known_hosts', `127.0.0.1 ${hostKey}`)
    try {
      const secret = {text: await host.files.readText(key), path: '/run/corral-lab/san.key'}
      const storage = zfs.open({type: 'zfs', storage: 'tank', portal, target, pool, blocksize: '16k', sparse: true, content: 'images', iscsiprovider: 'LIO', lio_tpg: 'tpg1'}, host, systemClock, secret)
      await storage.activate()
      const {id} = await storage.create({vmid: 100, format: 'raw', sizeBytes: 8 * mebibyte})
      await writeStretches(host, storage, id, [[0, 1, '0x71']])
      await storage.snapshots?.create(id, 'before')
      await storage.resize(id, 16 * mebibyte)
      await writeStretches(host, storage, id, [[0, 1, '0x72'], [15, 1, '0x73']])
      expect((await storage.list(['images'])).map(({sizeBytes}) => sizeBytes)).toEqual([16 * mebibyte])
      await storage.snapshots?.rollback(id, 'before')
      await expectStretches(host, storage, id, [[0, 1, '0x71']])
      await storage.snapshots?.remove(id, 'before')
      await storage.remove(id)
      expect(await storage.list(['images'])).toEqual([])
      expect((await host.run(['zfs', 'list', '-H', '-o', 'name', '-r', pool])).stdout.trim()).toBe(pool)
    } finally {
      await host.run(['zpool', 'destroy', '-f', pool])
      for (const path of [key, `${key}.pub`, '/root/.ssh/known_hosts']) await host.files.remove(path)
    }
  })
})
