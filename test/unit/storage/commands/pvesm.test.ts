import {mkdir, readdir, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, describe, expect, it} from 'vitest'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../src/lib/tasks/journal.ts'
import type {Installation} from '../../tasks/demo/installation.ts'
import {installation} from '../../tasks/demo/installation.ts'
import {pvesm, pvesmResult, pvesmText, storageCatalog} from './catalog.ts'

let place: Installation
let context: Context
beforeEach(async () => {
  place = await installation({catalog: storageCatalog})
  context = await place.open()
})

const storageCfg = async () => (await context.store.read('storage.cfg'))?.data
const refusal = async (command: string, params: Readonly<Record<string, unknown>>) => {
  const before = {cfg: await storageCfg(), files: await readdir(place.root, {recursive: true})}
  const error = await pvesm(command, params, context).then(() => undefined, (thrown: unknown) => thrown)
  expect(error, 'it was not refused').toBeDefined()
  expect(await storageCfg()).toBe(before.cfg)
  expect((await readdir(place.root, {recursive: true})).filter((name) => !name.includes('store/'))).toEqual(before.files.filter((name) => !name.includes('store/')))
  expect(await readJournals(context.store)).toEqual([])
  return error
}

describe('pvesm add', () => {
  it('writes a section as Proxmox VE does and makes the folders', async () => {
    const path = join(place.root, 'fast')
    expect(await pvesmResult('add', {type: 'dir', storage: 'fast', path, content: 'iso, images', nodes: 'h1;h2', format: 'qcow2', mkdir: '1'}, context)).toEqual({storage: 'fast', type: 'dir'})
    expect(await storageCfg()).toBe(`dir: fast\n\tpath ${path}\n\tcontent iso,images\n\tformat qcow2\n\tmkdir 1\n\tnodes h1,h2\n\n`)
    expect((await readdir(path)).sort()).toEqual(['images', 'template'])
    expect((await stat(join(path, 'images'))).mode & 0o777).toBe(0o750)
  })

  it('shows the change and makes nothing on a dry run', async () => {
    const path = join(place.root, 'fast')
    const outcome = await pvesm('add', {type: 'dir', storage: 'fast', path}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines.map((line) => line.replace('\t', ' '))).toEqual([
      '# make storage fast ready (its folders, or a look at its pool)', '--- /dev/null', '+++ storage.cfg', '@@ -0,0 +1,3 @@', '+dir: fast', `+ path ${path}`, '+',
    ])
    expect(await storageCfg()).toBeUndefined()
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  it('does not look for the folder of a storage of other nodes, or a disabled one', async () => {
    await pvesm('add', {type: 'dir', storage: 'far', path: '/proc/nowhere', nodes: 'h2'}, context)
    await pvesm('add', {type: 'dir', storage: 'off', path: '/proc/nowhere', disable: true}, context)
    expect(await storageCfg()).toBe('dir: far\n\tpath /proc/nowhere\n\tnodes h2\n\ndir: off\n\tdisable\n\tpath /proc/nowhere\n\n')
  })

  it('shows how it would be mounted, and with which file for the password', async () => {
    const outcome = await pvesm('add', {type: 'cifs', storage: 'nas', server: 'nas', share: 'vm', username: 'bob', password: 'x y'}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines).toEqual(expect.arrayContaining([
      '# make storage nas ready (its mount and its folders)', 'mkdir -p -- /mnt/pve/nas',
      `mount -t cifs -o 'soft,username=bob,credentials=${context.places.runDir}/priv/storage/nas.pw' -- //nas/vm /mnt/pve/nas`,
    ]))
  })

  it('has it checked how a Ceph cluster lets in, and keeps nothing of that', async () => {
    const ceph = {type: 'rbd', storage: 'ceph', monhost: '192.0.2.1', nodes: 'elsewhere'}
    expect(await refusal('add', {...ceph, authsupported: 'cephx'})).toMatchObject({kind: 'invalid-input', fields: {authsupported: 'does not fit'}})
    expect(await refusal('add', {...ceph, monhost: undefined, authsupported: 'none'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('add', {type: 'dir', storage: 'x1', path: '/x', authsupported: 'none'})).toMatchObject({kind: 'invalid-input'})
    await pvesm('add', {...ceph, authsupported: 'none'}, context)
    expect(await storageCfg()).not.toContain('auth')
  })

  it('refuses wrong options, naming each', async () => {
    const path = join(place.root, 'x')
    expect(await refusal('add', {type: 'dir', storage: 'fast'})).toMatchObject({kind: 'invalid-input', fields: {path: 'is missing'}})
    expect(await refusal('add', {type: 'esxi', storage: 'fast', path})).toMatchObject({fields: {type: expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'local', path})).toMatchObject({kind: 'conflict'})
    expect(await refusal('add', {type: 'dir', storage: '-x', path})).toMatchObject({fields: {storage: expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'fast', path: 'relative'})).toMatchObject({fields: {path: expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'fast', path: `${place.root}/a/../b`})).toMatchObject({fields: {path: expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'fast', path: `${path}\n\tdisable`})).toMatchObject({fields: {path: expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'fast', path, content: 'images,movies'})).toMatchObject({fields: {content: expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'fast', path, content: 'none,iso'})).toMatchObject({fields: {content: expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'fast', path, 'content-dirs': 'iso=../../etc'})).toMatchObject({fields: {'content-dirs': expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'fast', path, 'prune-backups': 'keep-last=many'})).toMatchObject({fields: {'prune-backups.keep-last': expect.any(String) as unknown}})
    expect(await refusal('add', {type: 'dir', storage: 'fast', path, bwlimit: 'move=fast'})).toMatchObject({fields: {'bwlimit.move': expect.any(String) as unknown}})
  })

  it('refuses a folder that cannot be made, and a mount that is missing, before anything is written', async () => {
    expect(await refusal('add', {type: 'dir', storage: 'fast', path: '/proc/nowhere'})).toMatchObject({kind: expect.stringMatching(/not-found|forbidden/) as unknown})
    expect(await refusal('add', {type: 'dir', storage: 'usb', path: place.root, is_mountpoint: 'yes'})).toMatchObject({kind: 'unavailable', message: expect.stringContaining('nothing is mounted') as unknown})
    expect(await refusal('add', {type: 'dir', storage: 'old', path: join(place.root, 'none'), 'create-base-path': false})).toMatchObject({kind: 'unavailable'})
  })
})

describe('pvesm set and remove', () => {
  beforeEach(() => pvesm('add', {type: 'dir', storage: 'fast', path: join(place.root, 'fast'), nodes: 'h1'}, context))

  it('changes, adds and deletes options, and leaves other sections alone', async () => {
    await pvesm('add', {type: 'dir', storage: 'other', path: join(place.root, 'other')}, context)
    await pvesm('set', {storage: 'fast', content: 'backup', delete: 'nodes'}, context)
    expect(await storageCfg()).toBe(`dir: fast\n\tpath ${place.root}/fast\n\tcontent backup\n\ndir: other\n\tpath ${place.root}/other\n\n`)
  })

  it('writes nothing when nothing changes', async () => {
    const before = (await context.store.read('storage.cfg'))?.revision
    await pvesm('set', {storage: 'fast', nodes: 'h1'}, context)
    expect((await context.store.read('storage.cfg'))?.revision).toBe(before)
  })

  it('writes the default storage down when it is first changed', async () => {
    await pvesm('set', {storage: 'local', disable: true}, context)
    expect(await storageCfg()).toContain(`dir: local\n\tdisable\n\tpath ${place.root}/lib/vz\n`)
    await pvesm('remove', {storage: 'local'}, context)
    expect(await storageCfg()).not.toContain('local')
    expect(place.lines.join()).toContain("'local' is back at its default")
  })

  it('keeps what it does not know: options and types of Proxmox VE', async () => {
    const file = await context.store.read('storage.cfg')
    const foreign = 'esxi: old\n\tserver esx1\n\tskip-cert-verification 1\n\n'
    await context.store.commit({expect: {'storage.cfg': file?.revision ?? null}, put: {'storage.cfg': `${file?.data ?? ''}${foreign}dir: pve\n\tpath /srv/pve\n\tbwlimit move=1000\n\tmax-protected-backups 3\n\tprune-backups keep-last=3\n\n`}})
    await pvesm('set', {storage: 'fast', delete: 'nodes'}, context)
    expect(await storageCfg()).toContain(foreign)
    expect(await storageCfg()).toContain('\tbwlimit move=1000\n\tmax-protected-backups 3\n\tprune-backups keep-last=3\n')
  })

  it('refuses wrong changes', async () => {
    expect(await refusal('set', {storage: 'none', disable: true})).toMatchObject({kind: 'not-found'})
    expect(await refusal('set', {storage: 'fast', path: '/elsewhere'})).toMatchObject({fields: {path: expect.any(String) as unknown}})
    expect(await refusal('set', {storage: 'fast', delete: 'path'})).toMatchObject({fields: {delete: expect.any(String) as unknown}})
    expect(await refusal('set', {storage: 'fast', delete: 'colour'})).toMatchObject({fields: {delete: expect.any(String) as unknown}})
    expect(await refusal('set', {storage: 'fast', delete: 'nodes', nodes: 'h2'})).toMatchObject({fields: {delete: expect.any(String) as unknown}})
    expect(await refusal('set', {storage: 'fast', nodes: 'h2', digest: 'a'.repeat(40)})).toMatchObject({kind: 'conflict'})
    expect(await refusal('remove', {storage: 'none'})).toMatchObject({kind: 'not-found'})
    expect(await refusal('remove', {storage: 'local'})).toMatchObject({kind: 'conflict', nextSteps: [expect.stringContaining('pvesm set local --disable')]})
  })

  it('does not write back a file that it could not read whole', async () => {
    const file = await context.store.read('storage.cfg')
    await context.store.commit({expect: {'storage.cfg': file?.revision ?? null}, put: {'storage.cfg': `${file?.data ?? ''}dir: bad\n\tpath /srv/x\n\tcolour red\n\n`}})
    expect(await refusal('set', {storage: 'fast', delete: 'nodes'})).toMatchObject({kind: 'invalid-input', message: expect.stringContaining("storage 'bad'") as unknown})
    expect(await refusal('list', {storage: 'bad'})).toMatchObject({kind: 'invalid-input'})
    expect(await pvesmText('status', {}, context)).toHaveLength(3)
    expect(place.lines.join()).toContain('colour')
  })

  it('leaves the volumes where they are', async () => {
    await pvesm('alloc', {storage: 'fast', vmid: 100, filename: '', size: '1M'}, context)
    await pvesm('remove', {storage: 'fast'}, context)
    expect(await storageCfg()).toBeUndefined()
    expect(await readdir(join(place.root, 'fast/images/100'))).toEqual(['vm-100-disk-0.raw'])
  })
})

describe('pvesm alloc', () => {
  it('makes disks by the next free name or by one of their own, and says their ids', async () => {
    expect(await pvesmResult('alloc', {storage: 'local', vmid: 100, filename: '', size: '4M'}, context)).toBe('local:100/vm-100-disk-0.raw')
    expect(await pvesmResult('alloc', {storage: 'local', vmid: 100, filename: '', size: '4096', format: 'qcow2'}, context)).toBe('local:100/vm-100-disk-1.qcow2')
    expect(await pvesmResult('alloc', {storage: 'local', vmid: 100, filename: 'vm-100-data.vmdk', size: '1G'}, context)).toBe('local:100/vm-100-data.vmdk')
    expect(await pvesmText('list', {storage: 'local'}, context)).toEqual([
      'Volid                         Format  Type            Size VMID',
      'local:100/vm-100-data.vmdk    vmdk    images    1073741824 100',
      'local:100/vm-100-disk-0.raw   raw     images       4194304 100',
      'local:100/vm-100-disk-1.qcow2 qcow2   images       4194304 100',
    ])
    const image = join(place.root, 'lib/vz/images/100/vm-100-disk-0.raw')
    expect((await stat(image)).mode & 0o777).toBe(0o600)
    expect((await stat(image)).blocks).toBeLessThan(100)
  })

  it('shows the command that it would run on a dry run', async () => {
    const outcome = await pvesm('alloc', {storage: 'local', vmid: 100, filename: '', size: '32G', format: 'qcow2'}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines.map((line) => line.replaceAll("'", ''))).toEqual([
      '# new volume local:100/vm-100-disk-0.qcow2 (qcow2, 32G)',
      `qemu-img create -q -f qcow2 -o preallocation=metadata -- ${place.root}/lib/vz/images/100/vm-100-disk-0.qcow2 34359738368`,
    ])
    await expect(stat(join(place.root, 'lib/vz'))).rejects.toThrow('ENOENT')
  })

  it('lets many run at once without giving two the same disk', async () => {
    const contexts = await Promise.all(Array.from({length: 6}, () => place.open()))
    await Promise.all(contexts.map((own) => pvesm('alloc', {storage: 'local', vmid: 100, filename: '', size: '1M'}, own)))
    expect(await readdir(join(place.root, 'lib/vz/images/100'))).toEqual([0, 1, 2, 3, 4, 5].map((number) => `vm-100-disk-${number}.raw`))
  })

  it('refuses what cannot be made', async () => {
    await pvesm('alloc', {storage: 'local', vmid: 100, filename: 'vm-100-data.raw', size: '1M'}, context)
    await pvesm('add', {type: 'dir', storage: 'isos', path: join(place.root, 'isos'), content: 'iso'}, context)
    await pvesm('add', {type: 'dir', storage: 'far', path: join(place.root, 'far'), nodes: 'h2'}, context)
    await pvesm('add', {type: 'dir', storage: 'off', path: join(place.root, 'off'), disable: true}, context)
    const want = {storage: 'local', vmid: 100, filename: '', size: '1M'}
    expect(await refusal('alloc', {...want, filename: 'vm-100-data.raw'})).toMatchObject({kind: 'conflict'})
    expect(await refusal('alloc', {...want, filename: '../../../etc/x.raw'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('alloc', {...want, filename: '-f.raw'})).toMatchObject({kind: 'invalid-input', fields: {filename: expect.any(String) as unknown}})
    expect(await refusal('alloc', {...want, filename: 'vm-101-disk-0.raw'})).toMatchObject({kind: 'invalid-input', fields: {filename: 'must begin with vm-100-'}})
    expect(await refusal('alloc', {...want, filename: 'vm-100-x.qcow2', format: 'raw'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('alloc', {...want, filename: 'subvol-100-disk-0.subvol'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('alloc', {...want, size: '0'})).toMatchObject({fields: {size: 'is out of range'}})
    expect(await refusal('alloc', {...want, size: '999999999999999G'})).toMatchObject({fields: {size: 'is out of range'}})
    for (const size of ['-1', '1.5G', '1e3', '0x10', '1T', '1_000', 'NaN', '']) expect(await refusal('alloc', {...want, size})).toMatchObject({fields: {size: expect.any(String) as unknown}})
    expect(await refusal('alloc', {...want, vmid: 99})).toMatchObject({fields: {vmid: expect.any(String) as unknown}})
    expect(await refusal('alloc', {...want, storage: 'isos'})).toMatchObject({kind: 'conflict', message: expect.stringContaining('does not take disks') as unknown})
    expect(await refusal('alloc', {...want, storage: 'far'})).toMatchObject({kind: 'conflict', message: expect.stringContaining("not for node 'h1'") as unknown})
    expect(await refusal('alloc', {...want, storage: 'off'})).toMatchObject({kind: 'conflict', message: expect.stringContaining('is disabled') as unknown})
    expect(await refusal('alloc', {...want, storage: 'none'})).toMatchObject({kind: 'not-found'})
  })
})

describe('pvesm remove, of a storage with another one on it', () => {
  it('is refused until that is gone', async () => {
    await context.store.commit({put: {'storage.cfg': 'iscsi: san\n\tportal 192.0.2.1\n\ttarget iqn.2003-01.org.example:d\n\nlvm: vg0\n\tvgname vg0\n\tbase san:0.0.1.scsi-3600\n\n'}})
    expect(await refusal('remove', {storage: 'san'})).toMatchObject({kind: 'conflict', nextSteps: ['Remove that first: pvesm remove vg0']})
    await pvesm('remove', {storage: 'vg0'}, context)
    await pvesm('remove', {storage: 'san'}, context)
  })

  it('shows that it would unmount what Corral mounted, unless another storage lies there', async () => {
    const nas = 'nfs: nas\n\tserver 192.0.2.1\n\texport /vm\n\tpath /mnt/pve/nas\n\n'
    await context.store.commit({put: {'storage.cfg': nas}})
    const lines = async () => {
      const outcome = await pvesm('remove', {storage: 'nas'}, context, {dryRun: true})
      return outcome.outcome === 'planned' ? outcome.lines : []
    }
    expect(await lines()).toEqual(expect.arrayContaining(['# if Corral has mounted it:', 'umount -- /mnt/pve/nas']))
    await context.store.commit({put: {'storage.cfg': `${nas}dir: isos\n\tpath /mnt/pve/nas/isos\n\n`}})
    expect(await lines()).not.toContain('umount -- /mnt/pve/nas')
  })
})

describe('pvesm free', () => {
  const guest = 'nodes/h1/qemu-server/100.conf'
  beforeEach(() => pvesm('alloc', {storage: 'local', vmid: 100, filename: '', size: '1M'}, context))

  it('deletes a volume and the folder that it leaves empty', async () => {
    await pvesm('free', {volume: '100/vm-100-disk-0.raw', storage: 'local'}, context)
    expect(await readdir(join(place.root, 'lib/vz/images'))).toEqual([])
  })

  it('shows what it would remove on a dry run', async () => {
    const outcome = await pvesm('free', {volume: 'local:100/vm-100-disk-0.raw'}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines).toEqual(['# remove volume local:100/vm-100-disk-0.raw', `rm -f -- ${place.root}/lib/vz/images/100/vm-100-disk-0.raw`])
  })

  it.each([
    ['in the configuration', 'scsi0: local:100/vm-100-disk-0.raw,size=1M\n', 'scsi0'],
    ['by the longer form', 'scsi0: discard=on,file=local:100/vm-100-disk-0.raw\n', 'scsi0'],
    ['among changes that wait for a restart', 'memory: 512\n\n[PENDING]\nvirtio1: local:100/vm-100-disk-0.raw\n', 'virtio1'],
    ['in a snapshot', 'memory: 512\n\n[before]\nunused0: local:100/vm-100-disk-0.raw\n', 'unused0'],
  ])('refuses a disk that a guest has %s', async (_, data, key) => {
    await context.store.commit({put: {[guest]: data}})
    expect(await refusal('free', {volume: 'local:100/vm-100-disk-0.raw'})).toMatchObject({kind: 'conflict', data: {vmid: 100, key}})
  })

  it('knows the disk by another name too', async () => {
    await pvesm('add', {type: 'dir', storage: 'same', path: join(place.root, 'lib/vz')}, context)
    await context.store.commit({put: {[guest]: `scsi0: same:100/vm-100-disk-0.raw\nscsi1: gone:100/vm-100-disk-0.raw\n`}})
    expect(await refusal('free', {volume: 'local:100/vm-100-disk-0.raw'})).toMatchObject({kind: 'conflict', data: {key: 'scsi0'}})
    await context.store.commit({put: {[guest]: `scsi2: ${place.root}/lib/vz/images/100/vm-100-disk-0.raw\n`}})
    expect(await refusal('free', {volume: 'local:100/vm-100-disk-0.raw'})).toMatchObject({kind: 'conflict', data: {key: 'scsi2'}})
  })

  it('is not kept from it by a disk of the same name on a storage of a type that we do not have, unless that is the same folder', async () => {
    const storages = `esxi: nas\n\tserver 192.0.2.1\n\tpath /mnt/pve/nas\n\nesxi: here\n\tserver 192.0.2.1\n\tpath ${place.root}/lib/vz\n\npbs: pool\n\tpool x\n\n`
    await context.store.commit({put: {'storage.cfg': storages, [guest]: 'scsi0: here:100/vm-100-disk-0.raw\n'}})
    expect(await refusal('free', {volume: 'local:100/vm-100-disk-0.raw'})).toMatchObject({kind: 'conflict', data: {key: 'scsi0'}})
    await context.store.commit({put: {[guest]: 'scsi0: nas:100/vm-100-disk-0.raw\nscsi1: pool:vm-100-disk-0.raw\n'}})
    await pvesm('free', {volume: 'local:100/vm-100-disk-0.raw'}, context)
  })

  it('lets a disk go that a guest only keeps aside', async () => {
    await context.store.commit({put: {[guest]: 'unused0: local:100/vm-100-disk-0.raw\n'}})
    await pvesm('free', {volume: 'local:100/vm-100-disk-0.raw'}, context)
  })

  it('refuses a base on which a linked clone stands, and deletes it when the clone is gone', async () => {
    await pvesm('alloc', {storage: 'local', vmid: 900, filename: 'base-900-disk-0.qcow2', size: '1M'}, context)
    const images = join(place.root, 'lib/vz/images')
    await context.host.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', '../900/base-900-disk-0.qcow2', '-F', 'qcow2', '--', join(images, '100/vm-100-disk-1.qcow2')])
    expect(await refusal('free', {volume: 'local:900/base-900-disk-0.qcow2'})).toMatchObject({
      kind: 'conflict', message: expect.stringContaining('local:900/base-900-disk-0.qcow2/100/vm-100-disk-1.qcow2') as unknown,
    })
    await pvesm('free', {volume: 'local:900/base-900-disk-0.qcow2/100/vm-100-disk-1.qcow2'}, context)
    await pvesm('free', {volume: 'local:900/base-900-disk-0.qcow2'}, context)
  })

  it('deletes what belongs to a backup with it, and refuses a protected one', async () => {
    const dump = join(place.root, 'lib/vz/dump')
    await mkdir(dump, {recursive: true})
    const base = 'vzdump-qemu-100-2025_01_31-12_00_00'
    for (const name of [`${base}.vma.zst`, `${base}.vma.zst.notes`, `${base}.log`, `${base}.vma.zst.protected`]) await writeFile(join(dump, name), 'x')
    expect(await refusal('free', {volume: `local:backup/${base}.vma.zst`})).toMatchObject({kind: 'conflict', message: expect.stringContaining('is protected') as unknown})
    await context.host.files.remove(join(dump, `${base}.vma.zst.protected`))
    await pvesm('free', {volume: `local:backup/${base}.vma.zst`}, context)
    expect(await readdir(dump)).toEqual([])
  })

  it('refuses what is no volume', async () => {
    expect(await refusal('free', {volume: 'local:100/vm-100-disk-7.raw'})).toMatchObject({kind: 'not-found'})
    expect(await refusal('free', {volume: 'local:../../store/config.db'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('free', {volume: '/etc/passwd'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('free', {volume: 'other:100/vm-100-disk-0.raw', storage: 'local'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('free', {volume: 'none:100/vm-100-disk-0.raw'})).toMatchObject({kind: 'not-found'})
  })
})

describe('pvesm status', () => {
  it('has the columns of Proxmox VE', async () => {
    await pvesm('add', {type: 'dir', storage: 'local-usb', path: join(place.root, 'usb'), disable: true}, context)
    const [header, local, usb] = await pvesmText('status', {}, context)
    expect(header).toBe('Name             Type     Status           Total            Used       Available        %')
    expect(local).toMatch(/^local             dir     active {2,}\d+ {2,}\d+ {2,}\d+ {2,}\d+\.\d\d%$/)
    expect(usb).toBe('local-usb         dir   disabled               0               0               0      N/A')
    expect([header, local, usb].map((line) => line?.length)).toEqual(Array(3).fill(header?.length))
  })

  it('tells programs more', async () => {
    expect(await pvesmResult('status', {format: true}, context)).toEqual([{
      storage: 'local', type: 'dir', content: 'backup,images,import,iso,rootdir,snippets,vztmpl', enabled: 1, active: 1, shared: 0,
      total: expect.any(Number) as unknown, used: expect.any(Number) as unknown, avail: expect.any(Number) as unknown, used_fraction: expect.any(Number) as unknown,
      formats: {supported: ['raw', 'qcow2', 'vmdk'], default: 'raw'},
    }])
  })

  it('shows only what was asked for', async () => {
    await pvesm('add', {type: 'dir', storage: 'isos', path: join(place.root, 'isos'), content: 'iso'}, context)
    await pvesm('add', {type: 'dir', storage: 'off', path: join(place.root, 'off'), content: 'none', disable: true}, context)
    await pvesm('add', {type: 'dir', storage: 'far', path: join(place.root, 'far'), nodes: 'h2'}, context)
    await pvesm('add', {type: 'dir', storage: 'net', path: join(place.root, 'net'), nodes: 'h1,h2', shared: true}, context)
    const names = async (params: Readonly<Record<string, unknown>>) => (await pvesmResult('status', params, context) as {storage: string}[]).map(({storage}) => storage)
    expect(await names({})).toEqual(['isos', 'local', 'net', 'off'])
    expect(await names({enabled: true})).toEqual(['isos', 'local', 'net'])
    expect(await names({content: 'iso,vztmpl'})).toEqual(['isos', 'local'])
    expect(await names({storage: 'isos'})).toEqual(['isos'])
    expect(await names({target: 'h2'})).toEqual(['net'])
    expect(await names({target: 'h1'})).toEqual(['isos', 'local', 'net', 'off'])
    await context.store.commit({put: {'nodes/h3/qemu-server/103.conf': 'cores: 1\n'}})
    expect(await names({target: 'h3'})).toEqual([])
    await expect(pvesm('status', {target: 'h4'}, context)).rejects.toMatchObject({kind: 'not-found', message: "there is no host 'h4' (target)"})
  })

  it('shows a storage that is not there, or of a type that we do not have, as inactive', async () => {
    await context.store.commit({put: {'storage.cfg': `dir: usb\n\tpath ${place.root}\n\tis_mountpoint 1\n\npbs: tank\n\tpool rpool\n\nesxi: nas\n\tdisable\n\tserver 192.0.2.1\n\n`}})
    const rows = await pvesmResult('status', {}, context) as {storage: string; active: number; enabled: number}[]
    expect(rows.map(({storage, active, enabled}) => [storage, active, enabled])).toEqual([['local', 1, 1], ['nas', 0, 0], ['tank', 0, 1], ['usb', 0, 1]])
  })

  it('refuses wrong filters', async () => {
    expect(await refusal('status', {storage: 'none'})).toMatchObject({kind: 'not-found'})
    expect(await refusal('status', {content: 'movies'})).toMatchObject({fields: {content: expect.any(String) as unknown}})
  })
})

describe('pvesm list and path', () => {
  it('lists guests first, then the rest by format, and containers as such', async () => {
    const root = join(place.root, 'lib/vz')
    await mkdir(join(root, 'template/iso'), {recursive: true})
    await mkdir(join(root, 'snippets'), {recursive: true})
    await writeFile(join(root, 'template/iso/debian 13.iso'), '12345')
    await writeFile(join(root, 'snippets/user.yaml'), 'x')
    await writeFile(join(root, 'template/iso/not-an-image.txt'), 'x')
    await pvesm('alloc', {storage: 'local', vmid: 100, filename: '', size: '1M'}, context)
    await pvesm('alloc', {storage: 'local', vmid: 200, filename: '', size: '1M'}, context)
    await context.store.commit({put: {'nodes/h2/lxc/200.conf': 'rootfs: local:200/vm-200-disk-0.raw\n'}})
    expect(await pvesmText('list', {storage: 'local'}, context)).toEqual([
      'Volid                       Format  Type         Size VMID',
      'local:100/vm-100-disk-0.raw raw     images    1048576 100',
      'local:200/vm-200-disk-0.raw raw     rootdir   1048576 200',
      'local:iso/debian 13.iso     iso     iso             5',
      'local:snippets/user.yaml    snippet snippets        1',
    ])
    expect(await pvesmText('list', {storage: 'local', content: 'rootdir'}, context)).toHaveLength(2)
    expect(await pvesmText('list', {storage: 'local', vmid: 100}, context)).toHaveLength(2)
    expect(await pvesmText('list', {storage: 'local', content: 'backup'}, context)).toEqual(['Volid Format  Type      Size VMID'])
  })

  it('shows names that would move the cursor as what they are', async () => {
    await mkdir(join(place.root, 'lib/vz/snippets'), {recursive: true})
    await writeFile(join(place.root, 'lib/vz/snippets/\u202egnp.exe'), 'x')
    expect((await pvesmText('list', {storage: 'local'}, context)).join()).toContain('\\u202Egnp.exe')
  })

  it('gives paths of volumes that need not exist, of disabled storages too', async () => {
    await pvesm('add', {type: 'dir', storage: 'off', path: '/srv/off', disable: true}, context)
    expect(await pvesmResult('path', {volume: 'off:iso/debian.iso'}, context)).toBe('/srv/off/template/iso/debian.iso')
    expect(await pvesmResult('path', {volume: 'off:900/base-900-disk-0.raw/100/vm-100-disk-0.qcow2'}, context)).toBe('/srv/off/images/100/vm-100-disk-0.qcow2')
  })

  it('refuses what is no volume or no storage', async () => {
    expect(await refusal('path', {volume: 'local:../../etc/passwd'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('path', {volume: 'local'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('path', {volume: 'none:iso/x.iso'})).toMatchObject({kind: 'not-found'})
    expect(await refusal('list', {storage: 'none'})).toMatchObject({kind: 'not-found'})
    expect(await refusal('list', {storage: 'local', content: 'movies'})).toMatchObject({kind: 'invalid-input'})
    expect(await refusal('list', {storage: 'local', vmid: 1_000_000_000})).toMatchObject({fields: {vmid: expect.any(String) as unknown}})
  })
})

describe('who may', () => {
  it.each([
    ['add', {type: 'dir', storage: 'data', path: '/srv/x'}], ['set', {storage: 'local', disable: true}], ['remove', {storage: 'local'}],
    ['alloc', {storage: 'local', vmid: 100, filename: '', size: '1M'}], ['free', {volume: 'local:iso/x.iso'}], ['list', {storage: 'local'}], ['path', {volume: 'local:iso/x.iso'}],
  ])('pvesm %s is refused to anybody but root', async (command, params) => {
    await context.host.files.makeDirectory(place.root)
    const other = await place.open({uid: 12_345})
    await expect(pvesm(command, params, other)).rejects.toMatchObject({kind: 'forbidden'})
  })
})
