// Machines out of backups, by the real qemu-img and qemu-nbd.
import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {describe, expect, it} from 'vitest'
import type {Context, Terminal} from '../../../../../src/lib/tasks/index.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {backupName, writeMachineBackup} from '../../../../support/machine-backup.ts'
import type {MachineBackup} from '../../../../support/machine-backup.ts'
import {vmaArchive} from '../../../../support/vma-archive.ts'
import {images, machineRoom, qm, storedConfig, storedKey} from '../support/run-qm.ts'

async function room(more = '', change?: (archive: Buffer) => Buffer): Promise<{context: Context; place: Installation; backup: MachineBackup}> {
  const place = await machineRoom()
  return {place, context: await place.open(), backup: writeMachineBackup(join(place.root, 'archives'), more, change)}
}

function input(bytes: Buffer): Terminal {
  return {input: Readable.from([bytes], {objectMode: false}), output: process.stdout} as unknown as Terminal
}

/** What a guest would see of an image. */
function content(place: Installation, image: string): Buffer {
  const path = join(place.root, 'lib/vz/images', image)
  if (image.endsWith('.raw')) return readFileSync(path)
  execFileSync('qemu-img', ['convert', '-O', 'raw', path, `${path}.read`], {timeout: 60_000})
  return readFileSync(`${path}.read`)
}

// On a machine that is very busy, one restore takes many seconds.
describe('a machine out of a backup', {timeout: 180_000}, () => {
  it('has the disks that it had, and its configuration', async () => {
    const {context, place, backup} = await room('vmgenid: 11111111-a597-42be-9a7e-fb6421dcd5cd\nlock: backup\n')
    await qm('create', {vmid: 100, archive: backup.path}, context)
    expect(await images(place)).toEqual(['100/vm-100-disk-0.qcow2', '100/vm-100-disk-1.raw'])
    expect(content(place, '100/vm-100-disk-0.qcow2').equals(backup.scsi0)).toBe(true)
    expect(content(place, '100/vm-100-disk-1.raw').equals(backup.scsi1)).toBe(true)
    expect(await storedConfig(100, context)).toMatch(/^boot: order=scsi0\nkvm: 0\nmemory: 64\nname: web\nnet0: virtio=BC:24:11:00:00:07\nscsi0: local:100\/vm-100-disk-0.qcow2,size=3M\nscsi1: local:100\/vm-100-disk-1.raw,size=300K\nsmbios1: uuid=ddf91b3f-a597-42be-9a7e-fb6421dcd5cd\nvmgenid: (?!1{8})[0-9a-f-]{36}\n$/)
  })

  it('takes values in place of its own, another identity, and compressed archives', async () => {
    const {context, backup} = await room()
    execFileSync('zstd', ['-q', backup.path], {timeout: 60_000})
    await qm('create', {vmid: 200, archive: `${backup.path}.zst`, name: 'other', memory: 32, unique: true}, context)
    expect(await storedKey(200, 'name', context)).toBe('other')
    expect(await storedKey(200, 'memory', context)).toBe('32')
    expect(await storedKey(200, 'net0', context)).toMatch(/^virtio=(?!BC:24:11:00:00:07)[0-9A-F:]{17}$/)
    expect(await storedKey(200, 'smbios1', context)).not.toContain('ddf91b3f')
  })

  it('gets an empty drive for cloud-init, and none that was not in the backup', async () => {
    const {context, place, backup} = await room('ide2: local:100/vm-100-cloudinit.qcow2,media=cdrom\nscsi2: local:100/vm-100-disk-7.raw,backup=0,size=1G\nunused0: local:100/vm-100-disk-8.raw\n')
    await qm('create', {vmid: 100, archive: backup.path}, context)
    expect(await images(place)).toEqual(['100/vm-100-cloudinit.qcow2', '100/vm-100-disk-0.qcow2', '100/vm-100-disk-1.raw'])
    expect(await storedKey(100, 'scsi2', context)).toBeUndefined()
    expect(await storedKey(100, 'unused0', context)).toBeUndefined()
  })

  it('takes the place of another only when that is asked for, and keeps what it knows nothing of', async () => {
    const {context, place, backup} = await room()
    await qm('create', {vmid: 100, scsi0: 'local:0.01', scsi3: 'local:0.01,format=qcow2'}, context)
    await qm('snapshot', {vmid: 100, snapname: 'x'}, context).catch(() => undefined)
    await expect(qm('create', {vmid: 100, archive: backup.path}, context)).rejects.toThrow('already exists')
    await qm('create', {vmid: 100, archive: backup.path, force: true}, context)
    expect(await images(place)).toEqual(['100/vm-100-disk-1.qcow2', '100/vm-100-disk-2.qcow2', '100/vm-100-disk-3.raw'])
    expect(await storedKey(100, 'scsi0', context)).toBe('local:100/vm-100-disk-2.qcow2,size=3M')
    expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-1.qcow2')
    expect(await storedConfig(100, context)).not.toMatch(/\[x\]|lock:/)
  })

  it.each<[string, (archive: Buffer) => Buffer, RegExp]>([
    ['ends too early', (archive) => archive.subarray(0, archive.length - 5000), /is damaged/],
    ['has another bit in a table', (archive) => { archive[archive.lastIndexOf('VMAE') + 45] = 1; return archive }, /is damaged/],
    ['has another bit in its header', (archive) => { archive[60] = 7; return archive }, /cannot be read/],
  ])('changes nothing when the archive %s', async (_about, change, reason) => {
    const {context, place, backup} = await room('', change)
    await qm('create', {vmid: 100, scsi0: 'local:0.01', name: 'old'}, context)
    const was = await storedConfig(100, context)
    await expect(qm('create', {vmid: 100, archive: backup.path, force: true}, context)).rejects.toThrow(reason)
    expect(await storedConfig(100, context)).toBe(was)
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a drive beside it', {scsi5: 'local:1'}, /'scsi5' cannot be given/],
    ['a storage that is not there', {storage: 'nowhere'}, /nowhere/],
    ['a storage without room for disks', {storage: 'iso-only'}, /not for disk images/],
    ['a pool that is not there', {pool: 'nowhere'}, /pool/],
  ])('refuses %s', async (_about, params, reason) => {
    const {context, place, backup} = await room()
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${join(place.root, 'lib/vz')}\n\tcontent images,iso,backup\n\ndir: iso-only\n\tpath ${join(place.root, 'isos')}\n\tcontent iso\n`}})
    mkdirSync(join(place.root, 'isos'))
    await expect(qm('create', {vmid: 100, archive: backup.path, ...params}, context)).rejects.toThrow(reason)
    expect(await storedConfig(100, context)).toBeUndefined()
    expect(await images(place)).toEqual([])
  })

  it('is not run while it is restored', async () => {
    const {context, backup} = await room()
    await expect(qm('create', {vmid: 100, archive: backup.path, 'live-restore': true}, context)).rejects.toThrow('read from its beginning to its end')
  })

  it.each<[string, readonly string[]]>([['plain', ['cat']], ['gz', ['gzip', '-c']], ['zst', ['zstd', '-q', '-c']], ['lzo', ['lzop', '-c']]])('comes on standard input (%s), by what it begins with', async (_about, [program = '', ...words]) => {
    const {context, place, backup} = await room()
    const bytes = execFileSync(program, words, {input: readFileSync(backup.path), maxBuffer: 64 * 1024 * 1024, timeout: 60_000})
    await qm('create', {vmid: 100, archive: '-', name: 'piped'}, {...context, terminal: input(bytes)})
    expect(content(place, '100/vm-100-disk-0.qcow2').equals(backup.scsi0)).toBe(true)
    expect(content(place, '100/vm-100-disk-1.raw').equals(backup.scsi1)).toBe(true)
    expect(await storedKey(100, 'name', context)).toBe('piped')
  })

  it('comes on standard input where all of it is as short as its header', async () => {
    const {context, place} = await room()
    await qm('create', {vmid: 100, archive: '-'}, {...context, terminal: input(vmaArchive({configs: [{name: 'qemu-server.conf', text: 'memory: 64\n'}], disks: []}))})
    expect(await storedKey(100, 'memory', context)).toBe('64')
    expect(await images(place)).toEqual([])
  })

  it.each<[string, (archive: Buffer) => Buffer, RegExp]>([
    ['ends too early', (archive) => archive.subarray(0, archive.length - 5000), /on standard input is damaged/],
    ['ends too early, compressed', (archive) => { const packed = execFileSync('gzip', ['-c'], {input: archive}); return packed.subarray(0, packed.length - 4) }, /on standard input is damaged/],
    ['is something else', () => Buffer.from('not at all'), /is no backup of a virtual machine/],
    ['is nothing', () => Buffer.alloc(0), /is no backup of a virtual machine/],
    ['is a compressed something else', () => execFileSync('gzip', ['-c'], {input: Buffer.alloc(2_000_000, 'x')}), /is no backup of a virtual machine/],
  ])('changes nothing when what comes on standard input %s', async (_about, change, reason) => {
    const {context, place, backup} = await room()
    await qm('create', {vmid: 100, scsi0: 'local:0.01', name: 'old'}, context)
    const was = await storedConfig(100, context)
    await expect(qm('create', {vmid: 100, archive: '-', force: true}, {...context, terminal: input(change(readFileSync(backup.path)))})).rejects.toThrow(reason)
    expect(await storedConfig(100, context)).toBe(was)
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
  })

  it('is not read from a terminal, nor where there is no standard input', async () => {
    const {context} = await room()
    const typed = Object.assign(Readable.from([]), {isTTY: true})
    await expect(qm('create', {vmid: 100, archive: '-'}, {...context, terminal: {input: typed, output: process.stdout} as unknown as Terminal})).rejects.toThrow('cannot be typed')
    await expect(qm('create', {vmid: 100, archive: '-'}, context)).rejects.toThrow('standard input is not read for this')
  })

  it('is a template again when the backup is of one, unless that is not wanted', async () => {
    const {context, place, backup} = await room('template: 1\n')
    await expect(qm('create', {vmid: 100, archive: backup.path, start: true}, context)).rejects.toThrow('cannot be started')
    await qm('create', {vmid: 100, archive: backup.path}, context)
    expect(await images(place)).toEqual(['100/base-100-disk-0.qcow2', '100/base-100-disk-1.raw'])
    expect(await storedConfig(100, context)).toMatch(/^scsi0: local:100\/base-100-disk-0\.qcow2,size=3M\nscsi1: local:100\/base-100-disk-1\.raw,size=300K\n[^]*^template: 1$/m)
    expect(content(place, '100/base-100-disk-1.raw').equals(backup.scsi1)).toBe(true)
    await qm('create', {vmid: 100, archive: backup.path, force: true, template: false}, context)
    expect(await images(place)).toEqual(['100/vm-100-disk-2.qcow2', '100/vm-100-disk-3.raw'])
  })

  it('is named by its volume where it lies on a storage for backups', async () => {
    const {context, place} = await room()
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${join(place.root, 'lib/vz')}\n\tcontent images,iso,backup\n`}})
    writeMachineBackup(join(place.root, 'lib/vz/dump'))
    await qm('create', {vmid: 100, archive: `local:backup/${backupName}`}, context)
    expect(await storedKey(100, 'name', context)).toBe('web')
    await expect(qm('create', {vmid: 101, archive: 'local:iso/x.iso'}, context)).rejects.toThrow('is no backup, but of content type iso')
    await expect(qm('create', {vmid: 101, archive: 'local:backup/vzdump-qemu-7-2026_01_31-12_00_00.vma'}, context)).rejects.toThrow('there is no')
  })
})
