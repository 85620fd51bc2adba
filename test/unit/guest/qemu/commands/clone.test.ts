// qm clone and qm template: what the clone has of its source, what is new, what is refused, and that several at once do not wait for copies.
import {chmod, open, readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {localHost} from '../../../../../src/lib/host/local/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images, machineRoom, outcomeOf, qm, storedConfig, storedKey} from '../support/run-qm.ts'

const host = localHost('h1')

const image = (place: Installation, name: string) => join(place.root, 'lib/vz/images', name)

async function fill(place: Installation, name: string, text: string): Promise<void> {
  await host.run(['qemu-io', '-f', name.endsWith('raw') ? 'raw' : 'qcow2', '-c', `write -P ${text.charCodeAt(0)} 1M 64k`, image(place, name)])
}

async function holds(place: Installation, name: string, text: string): Promise<boolean> {
  const {stdout} = await host.run(['qemu-io', '-r', '-f', name.endsWith('raw') ? 'raw' : 'qcow2', '-c', `read -P ${text.charCodeAt(0)} 1M 64k`, image(place, name)], {okExitCodes: [0, 1]})
  return !stdout.includes('verification failed')
}

/** By the first byte of the volume descriptor (ECMA-119, 8.4.1), in sector 16. */
async function isIsoImage(place: Installation, name: string): Promise<boolean> {
  const {stdout} = await host.run(['qemu-io', '-r', '-f', 'qcow2', '-c', 'read -P 1 32k 1', image(place, name)], {okExitCodes: [0, 1]})
  return !stdout.includes('verification failed')
}

async function source(more: Readonly<Record<string, unknown>> = {}): Promise<{place: Installation; context: Context}> {
  const place = await machineRoom()
  const context = await place.open()
  await qm('create', {vmid: 100, name: 'web', memory: '64', scsi0: 'local:0.01', scsi1: 'local:0.01,format=qcow2,ssd=1', net0: 'e1000,bridge=vmbr0', ide2: 'none,media=cdrom', ...more}, context)
  await fill(place, '100/vm-100-disk-0.raw', 'a')
  await fill(place, '100/vm-100-disk-1.qcow2', 'b')
  return {place, context}
}

const reasonOf = (work: Promise<unknown>) => work.then(() => 'nothing was refused', (error: unknown) => (error instanceof Error ? error.message : String(error)))

describe('a full clone', () => {
  it('has the content of all disks and the hardware of its source, and what must be new is new', async () => {
    const {place, context} = await source({smbios1: 'uuid=aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee,serial=QUJD,base64=1', description: 'gold', onboot: true, tags: 'a'})
    await qm('set', {vmid: 100, scsi5: 'local:0.01'}, context)
    await qm('set', {vmid: 100, delete: 'scsi5'}, context)
    await qm('clone', {vmid: 100, newid: 101}, context)
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw', '100/vm-100-disk-1.qcow2', '100/vm-100-disk-2.raw', '101/vm-101-disk-0.raw', '101/vm-101-disk-1.qcow2'])
    expect([await holds(place, '101/vm-101-disk-0.raw', 'a'), await holds(place, '101/vm-101-disk-1.qcow2', 'b')]).toEqual([true, true])
    const [old, made] = [await storedConfig(100, context) ?? '', await storedConfig(101, context) ?? '']
    const mac = /BC:24:11(?::[0-9A-F]{2}){3}/
    expect(made.replace(/uuid=[0-9a-f-]{36}/, 'UUID').replace(/vmgenid: .*/, 'vmgenid: NEW').replace(mac, 'MAC').replace(/ctime=\d+/, 'ctime=T').split('\n')).toEqual([
      '#gold', 'boot: order=scsi0;ide2;net0', 'ide2: none,media=cdrom', 'memory: 64', expect.stringMatching(/^meta: (?:creation-qemu=[\d.]+,)?ctime=T$/), 'name: Copy-of-VM-web',
      'net0: e1000=MAC,bridge=vmbr0', 'onboot: 1', 'scsi0: local:101/vm-101-disk-0.raw,size=10488K', 'scsi1: local:101/vm-101-disk-1.qcow2,size=10488K,ssd=1',
      'smbios1: base64=1,serial=QUJD,UUID', 'tags: a', 'vmgenid: NEW', '',
    ])
    for (const pattern of [mac, /vmgenid: (.*)/, /uuid=[0-9a-f-]{36}/]) expect(pattern.exec(made)?.[0]).not.toBe(pattern.exec(old)?.[0])
    expect(await readJournals(context.store)).toEqual([])
  })

  it('takes a name, a description, a pool, a storage and a format', async () => {
    const {place, context} = await source()
    await context.store.commit({put: {'user.cfg': 'pool:web::200::\n', 'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images\n\ndir: other\n\tpath ${place.root}/other\n\tcontent images\n`}})
    await qm('clone', {vmid: 100, newid: 101, name: 'copy', description: 'one\ntwo', pool: 'web', storage: 'other', format: 'qcow2', bwlimit: '0'}, context)
    expect(await storedKey(101, 'scsi0', context)).toBe('other:101/vm-101-disk-0.qcow2,size=10488K')
    expect(await storedKey(101, 'name', context)).toBe('copy')
    expect(await storedConfig(101, context)).toMatch(/^#one\n#two\n/)
    expect((await context.store.read('user.cfg'))?.data).toBe('pool:web::101,200::\n')
    expect((await stat(join(place.root, 'other/images/101/vm-101-disk-1.qcow2'))).isFile()).toBe(true)
  })

  it('keeps to the limits of datacenter.cfg and of storages, and --bwlimit goes before them', async () => {
    const {context} = await source()
    await context.store.commit({put: {'datacenter.cfg': 'bwlimit: clone=5000,move=7\n'}})
    const limits = async (params: Record<string, unknown>) => {
      const outcome = await outcomeOf('clone', {vmid: 100, newid: 101, ...params}, context, {dryRun: true})
      const steps = outcome.outcome === 'planned' ? outcome.plan.steps : []
      return steps.flatMap((step) => (step.do.kind === 'volume.copy' ? [(step.do as {bandwidthKib?: number}).bandwidthKib] : []))
    }
    expect(await limits({})).toEqual([5000, 5000])
    expect(await limits({bwlimit: 300})).toEqual([300, 300])
    expect(await limits({bwlimit: 0})).toEqual([undefined, undefined])
  })

  it('is locked until all is copied, and names its volumes from the beginning', async () => {
    const {context} = await source()
    const outcome = await outcomeOf('clone', {vmid: 100, newid: 101}, context, {dryRun: true})
    const plan = outcome.outcome === 'planned' ? outcome.plan : undefined
    expect(plan?.steps.map((step) => step.do.kind)).toEqual(['store.commit', 'volume.create', 'volume.create', 'volume.copy', 'volume.copy', 'store.commit'])
    expect(plan?.steps.map((step) => step.thenRelease)).toEqual([undefined, undefined, ['storage/local'], undefined, undefined, undefined])
    expect(JSON.stringify(plan?.steps[0])).toMatch(/lock: clone.*scsi0: local:101\/vm-101-disk-0\.raw/)
  })

  it('of a snapshot has its disks, its hardware and nothing of its being a snapshot', async () => {
    const place = await machineRoom()
    const context = await place.open()
    await qm('create', {vmid: 100, name: 'web', scsi0: 'local:0.01,format=qcow2', net0: 'virtio', cores: '1', description: 'the machine'}, context)
    await fill(place, '100/vm-100-disk-0.qcow2', 'o')
    await qm('snapshot', {vmid: 100, snapname: 'before', description: 'the snapshot'}, context)
    await fill(place, '100/vm-100-disk-0.qcow2', 'n')
    await qm('set', {vmid: 100, cores: '2'}, context)
    await qm('clone', {vmid: 100, newid: 101, snapname: 'before'}, context)
    const made = await storedConfig(101, context) ?? ''
    expect(made).toMatch(/^#the machine\n/)
    expect(made).toContain('cores: 1\n')
    expect(made).not.toMatch(/snaptime|parent|\[/)
    expect(await holds(place, '101/vm-101-disk-0.qcow2', 'o')).toBe(true)
    expect(await reasonOf(qm('clone', {vmid: 100, newid: 102, snapname: 'nothing'}, context))).toContain("no snapshot 'nothing'")
    expect(await reasonOf(qm('template', {vmid: 100}, context))).toContain('has snapshots')
  })
})

describe('a template', () => {
  it('has bases that are not written any more, and linked clones that stand on them', async () => {
    const {place, context} = await source()
    await qm('template', {vmid: 100}, context)
    expect(await storedKey(100, 'template', context)).toBe('1')
    expect(await storedKey(100, 'scsi1', context)).toBe('local:100/base-100-disk-1.qcow2,size=10488K,ssd=1')
    expect((await stat(image(place, '100/base-100-disk-0.raw'))).mode & 0o777).toBe(0o444)
    const before = await readFile(image(place, '100/base-100-disk-0.raw'))
    await qm('clone', {vmid: 100, newid: 101}, context)
    expect(await storedKey(101, 'scsi0', context)).toBe('local:100/base-100-disk-0.raw/101/vm-101-disk-0.qcow2,size=10488K')
    expect(await storedKey(101, 'template', context)).toBeUndefined()
    expect(await holds(place, '101/vm-101-disk-0.qcow2', 'a')).toBe(true)
    await fill(place, '101/vm-101-disk-0.qcow2', 'z')
    expect((await readFile(image(place, '100/base-100-disk-0.raw'))).equals(before)).toBe(true)
    expect(await reasonOf(qm('destroy', {vmid: 100}, context))).toMatch(/linked clone .* stands on it/)
    expect(await storedKey(100, 'scsi0', context)).toBe('local:100/base-100-disk-0.raw,size=10488K')
    await qm('destroy', {vmid: 101}, context)
    await qm('destroy', {vmid: 100}, context)
    expect(await images(place)).toEqual([])
  })

  it('is destroyed whole or not at all', async () => {
    const {place, context} = await source()
    await qm('template', {vmid: 100}, context)
    await qm('clone', {vmid: 100, newid: 101}, context)
    // Only the second disk of the template has a clone now.
    await qm('set', {vmid: 101, delete: 'scsi0'}, context)
    await qm('set', {vmid: 101, delete: 'unused0'}, context)
    expect(await reasonOf(qm('destroy', {vmid: 100}, context))).toMatch(/stands on it/)
    expect(await images(place)).toContain('100/base-100-disk-0.raw')
  })

  it('copies the state of a TPM for its clones, which swtpm could not read through a base', async () => {
    const {place, context} = await source()
    await writeFile(image(place, '100/vm-100-disk-9.raw'), 'state')
    await chmod(image(place, '100/vm-100-disk-9.raw'), 0o600)
    const config = await context.store.read('nodes/h1/qemu-server/100.conf')
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `${config?.data ?? ''}tpmstate0: local:100/vm-100-disk-9.raw,size=4M,version=v2.0\n`}})
    await qm('template', {vmid: 100}, context)
    await qm('clone', {vmid: 100, newid: 101}, context)
    expect(await storedKey(101, 'tpmstate0', context)).toMatch(/^local:101\/vm-101-disk-\d\.raw,/)
    await qm('clone', {vmid: 100, newid: 102, full: true, format: 'qcow2'}, context)
    expect(await storedKey(102, 'tpmstate0', context)).toMatch(/^local:102\/vm-102-disk-\d\.raw,/)
  })

  it('of one disk, and of another one later', async () => {
    const {context} = await source()
    await qm('template', {vmid: 100, disk: 'scsi1'}, context)
    expect(await storedKey(100, 'scsi0', context)).toMatch(/vm-100-disk-0/)
    expect(await reasonOf(qm('clone', {vmid: 100, newid: 101}, context))).toMatch(/^scsi0: .* is no base/)
    await qm('template', {vmid: 100, disk: 'scsi0'}, context)
    await qm('clone', {vmid: 100, newid: 101}, context)
    expect(await reasonOf(qm('template', {vmid: 100}, context))).toContain('is a template already')
    expect(await reasonOf(qm('template', {vmid: 100, disk: 'ide2'}, context))).toContain('no disk ide2')
  })

  it('is not started', async () => {
    const {context} = await source()
    await qm('template', {vmid: 100}, context)
    expect(await reasonOf(qm('start', {vmid: 100}, context))).toContain('is a template and cannot be started')
  })

  it('renames what waits for a restart too', async () => {
    const {context} = await source()
    const config = await context.store.read('nodes/h1/qemu-server/100.conf')
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `${config?.data ?? ''}\n[PENDING]\nscsi0: local:100/vm-100-disk-0.raw,cache=unsafe\n`}})
    await qm('template', {vmid: 100}, context)
    expect(await storedConfig(100, context)).toContain('[PENDING]\nscsi0: local:100/base-100-disk-0.raw,cache=unsafe\n')
  })
})

describe('a source with a cloud-init drive', () => {
  const settings = {ide2: 'local:cloudinit', ciuser: 'joe', ipconfig0: 'ip=192.0.2.10/24,gw=192.0.2.1'}

  it('gives a full clone an empty one of its own, and the settings, but not what was changed since its own was written', async () => {
    const {place, context} = await source(settings)
    await fill(place, '100/vm-100-cloudinit.qcow2', 'c')
    await qm('set', {vmid: 100, ciuser: 'jim'}, context)
    await qm('clone', {vmid: 100, newid: 101, format: 'raw'}, context)
    expect(await storedKey(101, 'ide2', context)).toBe('local:101/vm-101-cloudinit.qcow2,media=cdrom')
    expect([await storedKey(101, 'ciuser', context), await storedKey(101, 'ipconfig0', context)]).toEqual(['jim', settings.ipconfig0])
    expect(await storedConfig(100, context)).toContain('[special:cloudinit]')
    expect(await storedConfig(101, context)).not.toContain('[')
    expect([await holds(place, '100/vm-100-cloudinit.qcow2', 'c'), await holds(place, '101/vm-101-cloudinit.qcow2', '\0')]).toEqual([true, true])
    expect(await isIsoImage(place, '101/vm-101-cloudinit.qcow2')).toBe(false)
    // This writes it as a start does.
    await qm('cloudinit update', {vmid: 101}, context)
    expect(await isIsoImage(place, '101/vm-101-cloudinit.qcow2')).toBe(true)
    await qm('destroy', {vmid: 101}, context)
    expect(await images(place)).toEqual(['100/vm-100-cloudinit.qcow2', '100/vm-100-disk-0.raw', '100/vm-100-disk-1.qcow2'])
  })

  it('plans it before the copies, with its removal as the way back', async () => {
    const {context} = await source(settings)
    const outcome = await outcomeOf('clone', {vmid: 100, newid: 101}, context, {dryRun: true})
    const made = outcome.outcome === 'planned' ? outcome.plan.steps.filter((step) => step.do.kind === 'volume.create') : []
    expect(made.map((step) => step.do)).toContainEqual(expect.objectContaining({volume: 'local:101/vm-101-cloudinit.qcow2', purpose: 'ide2', sizeBytes: 4 * 1024 ** 2}))
    expect(made.map((step) => step.undo)).toContainEqual({kind: 'volume.remove', volume: 'local:101/vm-101-cloudinit.qcow2'})
    expect(outcome.outcome === 'planned' && outcome.plan.steps.filter((step) => step.do.kind === 'volume.copy')).toHaveLength(2)
  })

  it('has it made on the storage that is asked for, with no disk besides', async () => {
    const place = await machineRoom()
    const context = await place.open()
    await qm('create', {vmid: 100, ...settings}, context)
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images\n\ndir: other\n\tpath ${place.root}/other\n\tcontent images\n\ndir: isos\n\tpath ${place.root}/isos\n\tcontent iso\n`}})
    expect(await reasonOf(qm('clone', {vmid: 100, newid: 101, storage: 'isos'}, context))).toMatch(/^ide2: the storage 'isos' is not for disk images/)
    expect(await storedConfig(101, context)).toBeUndefined()
    await qm('clone', {vmid: 100, newid: 101, storage: 'other'}, context)
    expect(await storedKey(101, 'ide2', context)).toBe('other:101/vm-101-cloudinit.qcow2,media=cdrom')
    expect((await stat(join(place.root, 'other/images/101/vm-101-cloudinit.qcow2'))).isFile()).toBe(true)
  })

  it('keeps it as it is as a template, and linked clones get their own', async () => {
    const {place, context} = await source(settings)
    const config = await storedConfig(100, context) ?? ''
    // Some configurations do not say that it is a CD-ROM drive.
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': config.replace('cloudinit.qcow2,media=cdrom', 'cloudinit.qcow2')}})
    await qm('template', {vmid: 100}, context)
    expect(await storedKey(100, 'ide2', context)).toBe('local:100/vm-100-cloudinit.qcow2')
    await qm('cloudinit update', {vmid: 100}, context)
    await qm('clone', {vmid: 100, newid: 101}, context)
    expect(await storedKey(101, 'ide2', context)).toBe('local:101/vm-101-cloudinit.qcow2,media=cdrom')
    expect(await images(place)).toEqual([
      '100/base-100-disk-0.raw', '100/base-100-disk-1.qcow2', '100/vm-100-cloudinit.qcow2', '101/vm-101-cloudinit.qcow2', '101/vm-101-disk-0.qcow2', '101/vm-101-disk-1.qcow2',
    ])
    await qm('destroy', {vmid: 101}, context)
    await qm('destroy', {vmid: 100}, context)
    expect(await images(place)).toEqual([])
  })
})

it.each([
  ['its own number', {newid: 100}, 'another number'],
  ['a number that is taken', {newid: 102}, 'already exists'],
  ['another node', {target: 'elsewhere'}, "cannot be made on 'elsewhere'"],
  ['a link to no template', {full: false}, 'is no template'],
  ['a storage that is not there', {storage: 'nowhere'}, 'scsi0: there is no storage'],
  ['a pool that is not there', {pool: 'nowhere'}, 'no pool'],
])('%s is refused, and nothing is left', async (_what, params, reason) => {
  const {place, context} = await source()
  await qm('create', {vmid: 102}, context)
  const before = await context.store.list('')
  expect(await reasonOf(qm('clone', {vmid: 100, newid: 101, ...params}, context))).toContain(reason)
  expect(await context.store.list('')).toEqual(before)
  expect(await images(place)).toEqual(['100/vm-100-disk-0.raw', '100/vm-100-disk-1.qcow2'])
})

it.each([
  ['a path', 'scsi3: /dev/null', 'scsi3: .* is a path'],
  ['a cloud-init drive that is a path', 'ide0: /dev/vg/vm-100-cloudinit,media=cdrom', 'ide0: .* is a path'],
  ['a lock', 'lock: backup', 'is locked'],
])('a source with %s is refused', async (_what, line, reason) => {
  const {context} = await source()
  const config = await context.store.read('nodes/h1/qemu-server/100.conf')
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `${config?.data ?? ''}${line}\n`}})
  expect(await reasonOf(qm('clone', {vmid: 100, newid: 101}, context))).toMatch(new RegExp(reason))
})

it('ten clones at once all succeed, and nobody waits for the copy of another', async () => {
  const {place, context} = await source()
  const handle = await open(image(place, '100/vm-100-disk-0.raw'), 'r+')
  await handle.write(Buffer.alloc(4 * 1024 ** 2, 7), 0, 4 * 1024 ** 2, 2 * 1024 ** 2)
  await handle.close()
  const startMs = performance.now()
  // Each copy takes over two seconds by its limit; one after the other they would take more than twenty.
  const ends = await Promise.all(Array.from({length: 10}, async (_, index) => qm('clone', {vmid: 100, newid: 101 + index, bwlimit: '2048'}, await place.open())))
  expect(ends).toHaveLength(10)
  expect(performance.now() - startMs).toBeLessThan(18_000)
  for (let vmid = 101; vmid <= 110; vmid++) {
    expect(await storedKey(vmid, 'lock', context)).toBeUndefined()
    expect(await holds(place, `${vmid}/vm-${vmid}-disk-1.qcow2`, 'b')).toBe(true)
  }
  const macs = await Promise.all(Array.from({length: 11}, (_, index) => storedKey(100 + index, 'net0', context)))
  expect(new Set(macs).size).toBe(11)
}, 60_000)
