// Files out of backups of virtual machines: partitions are read by us, file systems by the kernel, from a copy that leaves nothing behind. Real file systems and loop devices; skipped without root.
import {execFileSync} from 'node:child_process'
import {createHash, randomBytes} from 'node:crypto'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {AppError} from '../../../../src/lib/base/index.ts'
import {ScratchWriter} from '../../../../src/lib/backup/archives/files/scratch-disk.ts'
import {parseMachinePath} from '../../../../src/lib/backup/archives/files/machine-path.ts'
import {mountFileSystemArgv} from '../../../../src/lib/backup/archives/files/mounted-file-system.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import {openLocalMountSpace} from '../../../../src/lib/host/local/mount-space.ts'
import {openScratchFile} from '../../../../src/lib/host/local/scratch-file.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {openStorage} from '../../../../src/lib/storage/index.ts'
import {backupName as keptName, guestPath, guestTags, saveMachine} from '../../../../src/lib/storage/repository/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {makeDiskImage} from '../../../support/disk-image.ts'
import {backupName} from '../../../support/machine-backup.ts'
import {vmaArchive} from '../../../support/vma-archive.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

const folder = mkdtempSync(join(tmpdir(), 'corral-machine-files-'))
const temporary = join(folder, 'tmp')
const large = randomBytes(3_000_000)
let gpt: Buffer
let plain: Buffer

const mayMount = await openLocalMountSpace('here').then(async (space) => { await space.close(); return process.getuid?.() === 0 }, () => false)
if (!mayMount) process.stdout.write('files of machines are not tried: this needs the rights of root\n')

beforeAll(() => {
  const files = join(folder, 'files')
  mkdirSync(join(files, 'etc'), {recursive: true})
  mkdirSync(temporary)
  writeFileSync(join(files, 'etc/hostname'), 'web\n')
  writeFileSync(join(files, 'large'), large)
  symlinkSync('/etc/passwd', join(files, 'etc/evil'))
  symlinkSync('/usr', join(files, 'host'))
  symlinkSync('../../../../../../../..', join(files, 'up'))
  execFileSync('mkfifo', [join(files, 'etc/pipe')], {timeout: 60_000})
  gpt = makeDiskImage(join(folder, 'gpt.raw'), 'gpt', [{type: 'ext4', sizeMib: 16, from: files}, {type: 'xfs', sizeMib: 300}])
  plain = makeDiskImage(join(folder, 'plain.raw'), 'none', [{type: 'ext4', sizeMib: 16, from: files}])
}, 240_000)
afterAll(() => { rmSync(folder, {recursive: true}) })

async function run(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const entry = catalog.commands[command]
  if (entry === undefined) throw new Error('no such command')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, input), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => undefined, (failed: unknown) => failed)
  return error instanceof AppError ? `${error.kind}: ${error.message}` : String(error)
}

interface Backup { readonly context: Context; readonly root: string; readonly volume: string; readonly list: (path: string, more?: Readonly<Record<string, unknown>>) => Promise<unknown>; readonly extract: (paths: readonly string[], target: string) => Promise<unknown> }

const config = 'memory: 64\nscsi0: local:100/vm-100-disk-0.raw\nscsi1: local:100/vm-100-disk-1.raw\n'

async function backupIn(kind: 'archive' | 'compressed' | 'repository', scsi0 = gpt): Promise<Backup> {
  const place = await machineRoom()
  const {root} = place
  const context = await place.open()
  let volume = `local:backup/${backupName}`
  if (kind === 'repository') {
    await run('pvesm add', {storage: 'kept', type: 'restic', path: join(root, 'repository'), password: 'a word'}, context)
    volume = await keep(scsi0, context)
  } else {
    const dump = join(root, 'lib/vz/dump')
    mkdirSync(dump, {recursive: true})
    writeFileSync(join(dump, backupName), vmaArchive({configs: [{name: 'qemu-server.conf', text: config}], disks: [{name: 'drive-scsi0', data: scsi0}, {name: 'drive-scsi1', data: plain}]}))
    if (kind === 'compressed') {
      execFileSync('zstd', ['-q', '--rm', join(dump, backupName)], {timeout: 60_000})
      volume += '.zst'
    }
  }
  return {
    context, root, volume,
    list: (path, more = {}) => run('corral backup files list', {volume, path, tmpdir: temporary, ...more}, context),
    extract: (paths, target) => run('corral backup files extract', {volume, 'extra-args': paths, target, mount: true, tmpdir: temporary}, context),
  }
}

async function keep(scsi0: Buffer, context: Context): Promise<string> {
  const backup = {guestType: 'qemu', vmid: 100, takenAtMs: Date.UTC(2026, 0, 31, 12)} as const
  const storage = await openStorage('kept', context)
  await storage.activate()
  const disks = [{name: 'drive-scsi0', sizeBytes: scsi0.length}, {name: 'drive-scsi1', sizeBytes: plain.length}]
  const record = {takenAtMs: backup.takenAtMs, hostname: 'h1', username: 'root', paths: [guestPath(backup)], tags: guestTags({sizeBytes: scsi0.length + plain.length, isProtected: false})}
  await storage.repository?.use((repository) => saveMachine(repository, {config, firewall: undefined, disks}, record, async ([first, second]) => {
    await first?.write(0, scsi0)
    await second?.write(0, plain)
  }))
  return `kept:${keptName(backup)}`
}

/** Nothing of ours is mounted or on a loop device, and no temporary file is there. */
function expectNothingLeft(): void {
  expect(readdirSync(temporary)).toEqual([])
  expect(execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], {encoding: 'utf8', timeout: 60_000})).not.toContain('corral-scratch')
}

describe.skipIf(!mayMount).each(['archive', 'compressed', 'repository'] as const)('files of a machine in an %s', (kind) => {
  it('are listed from the disk down, and come out as they were', async () => {
    const {list, extract, root} = await backupIn(kind)
    expect(await list('/')).toEqual([{path: '/scsi0', type: 'disk', size: gpt.length}, {path: '/scsi1', type: 'disk', size: plain.length}])
    expect(await list('/scsi0')).toMatchObject([{path: '/scsi0/1', type: 'partition', size: 16 * 1024 * 1024, holds: 'ext4'}, {path: '/scsi0/2', holds: 'xfs'}])
    expect(await list('/drive-scsi1')).toEqual([{path: '/scsi1/raw', type: 'partition', size: plain.length, holds: 'ext4'}])
    expect(await list('/scsi0/1/etc', {mount: true})).toMatchObject([
      {path: '/scsi0/1/etc/evil', type: 'link', target: '/etc/passwd'}, {path: '/scsi0/1/etc/hostname', type: 'file', size: 4}, {path: '/scsi0/1/etc/pipe', type: 'pipe'},
    ])
    expect(await list('/scsi0/2', {mount: true})).toEqual([])
    expect(await list('/scsi1/raw', {mount: true, recursive: true})).toContainEqual(expect.objectContaining({path: '/scsi1/raw/etc/hostname'}))

    const target = join(root, 'out')
    await extract(['/scsi0/1'], target)
    expect(statSync(target).mode & 0o777).toBe(0o700)
    expect(createHash('sha256').update(readFileSync(join(target, 'large'))).digest('hex')).toBe(createHash('sha256').update(large).digest('hex'))
    expect(readFileSync(join(target, 'etc/hostname'), 'utf8')).toBe('web\n')
    expect(existsSync(join(target, 'etc/pipe'))).toBe(false)
    expectNothingLeft()
  }, 600_000)
})

describe.skipIf(!mayMount)('files of a machine', () => {
  it('are refused where they lead elsewhere, or are not there, and nothing is left', async () => {
    const {list, extract, root, volume, context} = await backupIn('repository')
    const target = join(root, 'out')
    expect(await refusal(list('/scsi0/1/etc'))).toMatch(/^invalid-input: files of a virtual machine are read by the kernel/)
    expect(await refusal(run('corral backup files extract', {volume, 'extra-args': ['/scsi0/1/etc'], target}, context))).toMatch(/^invalid-input: files of a virtual machine/)
    expect(await refusal(list('/scsi0/1/host/bin', {mount: true}))).toBe("invalid-input: '/host' in the backup is a link to '/usr'")
    expect(await refusal(list('/scsi0/1/up/etc/passwd', {mount: true}))).toMatch(/^invalid-input: '\/up' in the backup is a link/)
    expect(await refusal(extract(['/scsi0/1/host/bin'], target))).toMatch(/is a link to/)
    expect(await refusal(extract(['/scsi0/1/etc', '/scsi0/1/no'], target))).toMatch(/^not-found: there is no '\/no'/)
    expect(await refusal(extract(['/scsi0/1/etc', '/scsi1/raw/etc'], target))).toMatch(/^invalid-input: the paths do not lie in one partition/)
    expect(await refusal(extract(['/scsi0'], target))).toMatch(/^invalid-input: the paths do not lie in one partition/)
    expect(await refusal(list('/scsi0/7', {mount: true}))).toBe('not-found: there is no partition 7 on scsi0')
    expect(await refusal(list('/scsi9'))).toBe("not-found: there is no disk 'scsi9' in the backup")
    expect(await refusal(list('/scsi0/x'))).toMatch(/^invalid-input: 'x' is no partition/)
    expect(await refusal(list('/', {recursive: true}))).toMatch(/^invalid-input: disks and partitions/)
    expect(await refusal(list('/scsi0/1', {mount: true, tmpdir: join(folder, 'no')}))).toMatch(/^not-found: /)
    expect(existsSync(target)).toBe(false)
    expectNothingLeft()
  }, 600_000)

  it('are refused in what is no file system, and in one that is damaged', async () => {
    const bad = Buffer.from(gpt)
    bad.write('LABELONE', 17 * 1024 * 1024 + 512, 'latin1')
    // The superblock keeps its mark and says nonsense of sizes.
    bad.fill(0xff, 1024 * 1024 + 1024, 1024 * 1024 + 1024 + 48)
    const {list} = await backupIn('archive', bad)
    expect(await list('/scsi0')).toMatchObject([{holds: 'ext4'}, {holds: 'lvm'}])
    expect(await refusal(list('/scsi0/2', {mount: true}))).toMatch(/^unsupported: \/scsi0\/2 holds a volume group of LVM/)
    expect(await refusal(list('/scsi0/1', {mount: true}))).toMatch(/^invalid-input: the file system \(ext4\) cannot be mounted/)
    expectNothingLeft()
  }, 600_000)
})

it('a file system is never mounted with devices, programs, or the wish to stop the kernel', () => {
  for (const holds of ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'vfat', 'ntfs']) {
    for (const attempt of [0, 1] as const) {
      const options = mountFileSystemArgv(holds, attempt, {path: '/proc/1/fd/3', offset: 512}, 4096)[5]?.split(',') ?? []
      expect(options).toEqual(expect.arrayContaining(['loop', 'offset=512', 'sizelimit=4096', 'nodev', 'nosuid', 'noexec']))
      if (holds.startsWith('ext')) expect(options).toContain('errors=remount-ro')
      if (attempt === 1) expect(options).toContain('ro')
    }
  }
})

it('paths name the disk and the partition first', () => {
  expect(parseMachinePath('')).toEqual({})
  expect(parseMachinePath('drive-scsi0')).toEqual({disk: 'scsi0'})
  expect(parseMachinePath('scsi0/2/etc/hosts')).toEqual({disk: 'scsi0', partition: 2, within: 'etc/hosts'})
  expect(parseMachinePath('virtio1/raw')).toEqual({disk: 'virtio1', partition: 'raw', within: ''})
  for (const bad of ['scsi0/0', 'scsi0/1e3', 'scsi0/-1', 'scsi0/99999']) expect(() => parseMachinePath(bad)).toThrow(/is no partition/)
})

it('a disk is not unpacked into the last of the room', async () => {
  const at = mkdtempSync(join(tmpdir(), 'corral-scratch-room-'))
  const scratch = openScratchFile(at)
  let availableBytes = 1024 * 1024 * 1024
  const host = {files: {space: async () => ({totalBytes: 0, usedBytes: 0, availableBytes})}} as unknown as Context['host']
  const writer = new ScratchWriter(scratch, at, {host, signal: new AbortController().signal})
  await writer.write(0, Buffer.from('first'))
  availableBytes = 200 * 1024 * 1024
  const piece = Buffer.alloc(32 * 1024 * 1024)
  await writer.write(5, piece)
  expect(await refusal(writer.write(5, piece).then(() => writer.write(5, piece)))).toBe(`unavailable: there is not enough space in ${at} for the disk`)
  await scratch.close()
  rmSync(at, {recursive: true})
})

it('a scratch file has no name, is sparse, and goes when it is closed', async () => {
  const at = mkdtempSync(join(tmpdir(), 'corral-scratch-file-'))
  const scratch = await Promise.resolve(openScratchFile(at))
  expect(readdirSync(at)).toEqual([])
  await scratch.setSize(1024 * 1024 * 1024)
  await scratch.write(5, Buffer.from('word'))
  expect((await scratch.read(4, 6)).toString('latin1')).toBe('\0word\0')
  expect(await scratch.read(1024 * 1024 * 1024 - 1, 10)).toHaveLength(1)
  expect(statSync(scratch.path)).toMatchObject({size: 1024 * 1024 * 1024})
  expect(statSync(scratch.path).mode & 0o777).toBe(0o600)
  expect(statSync(scratch.path).blocks).toBeLessThan(100)
  await scratch.close()
  expect(existsSync(scratch.path)).toBe(false)
  expect(() => openScratchFile(join(at, 'no'))).toThrow(/there is no such file or folder/)
  rmSync(at, {recursive: true})
})
