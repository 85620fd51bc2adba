// corral backup list, show and verify, on archives with the real compressors; and what is said of damaged ones.
import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {describe, expect, it} from 'vitest'
import {InvalidInputError, NotFoundError, systemClock} from '../../../../src/lib/base/index.ts'
import {readTarMembers} from '../../../../src/lib/backup/archives/tar-members.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {backupName, writeMachineBackup} from '../../../support/machine-backup.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

const containerName = 'vzdump-lxc-200-2026_02_01-12_00_00.tar.gz'

async function room(): Promise<{context: Context; folder: string}> {
  const place = await machineRoom()
  const folder = join(place.root, 'lib/vz/dump')
  mkdirSync(folder, {recursive: true})
  return {context: await place.open(), folder}
}

async function backup(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const entry = catalog.commands[`corral backup ${command}`]
  if (entry === undefined) throw new Error('no such command')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, input), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

/** A container's backup as tar(1) makes it, with a sparse file in GNU's old form. */
function writeContainerBackup(folder: string): void {
  const root = join(folder, '../rootfs')
  mkdirSync(join(root, 'etc/vzdump'), {recursive: true})
  writeFileSync(join(root, 'etc/vzdump/pct.conf'), 'hostname: web\n')
  writeFileSync(join(root, 'etc/hostname'), 'web\n')
  // So many islands that the map of the sparse file goes on in blocks of its own.
  execFileSync('/bin/sh', ['-c', 'for at in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do printf x | dd of="$1" bs=1 seek=$((at * 65536)) conv=notrunc status=none; done', 'sh', join(root, 'sparse')])
  execFileSync('tar', ['--format=gnu', '--sparse', '-czf', join(folder, containerName), '-C', root, './etc/vzdump/pct.conf', './etc/hostname', './sparse'])
}

describe('a backup of a virtual machine', () => {
  it('is listed, shown and found whole', async () => {
    const {context, folder} = await room()
    const {scsi0, scsi1} = writeMachineBackup(folder)
    writeContainerBackup(folder)
    expect(await backup('list', {}, context)).toMatchObject([{volid: `local:backup/${containerName}`, vmid: 200, type: 'lxc'}, {volid: `local:backup/${backupName}`, vmid: 100, type: 'qemu', protected: false}])
    expect(await backup('list', {vmid: 100}, context)).toHaveLength(1)
    const volume = `local:backup/${backupName}`
    expect(await backup('show', {volume}, context)).toMatchObject({
      type: 'qemu', vmid: 100, format: 'vma', compression: 'none', config: expect.stringContaining('name: web\n') as string,
      disks: [{name: 'drive-scsi0', size: scsi0.length}, {name: 'drive-scsi1', size: scsi1.length}],
    })
    expect(await backup('verify', {volume}, context)).toEqual({volume, format: 'vma', disks: 2, bytes: scsi0.length + scsi1.length})
  }, 60_000)

  it.each<[string, (archive: Buffer) => Buffer]>([
    ['cut off', (archive) => archive.subarray(0, archive.length - 4096)],
    ['with a wrong byte in a table', (archive) => { archive[archive.indexOf('VMAE') + 60] = 0xff; return archive }],
    ['without its last extent', (archive) => archive.subarray(0, archive.lastIndexOf('VMAE'))],
  ])('that is %s is found damaged', async (_about, change) => {
    const {context, folder} = await room()
    writeMachineBackup(folder, '', change)
    await expect(backup('verify', {volume: `local:backup/${backupName}`}, context)).rejects.toThrow(/the backup .* is damaged/)
  })
})

describe('a backup of a container', () => {
  const volume = `local:backup/${containerName}`

  it('is shown and found whole', async () => {
    const {context, folder} = await room()
    writeContainerBackup(folder)
    expect(await backup('show', {volume}, context)).toMatchObject({type: 'lxc', vmid: 200, format: 'tar', compression: 'gz', config: 'hostname: web\n'})
    expect(await backup('verify', {volume}, context)).toMatchObject({volume, format: 'tar', files: 3})
  })

  it('that is damaged behind its compression, or cut off, is found damaged', async () => {
    const {context, folder} = await room()
    writeContainerBackup(folder)
    const path = join(folder, containerName)
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, whole.length - 20))
    await expect(backup('verify', {volume}, context)).rejects.toThrow(/is damaged/)
    const plain = execFileSync('gzip', ['-dc'], {input: whole})
    for (const cut of [plain.subarray(0, 2048), plain.subarray(0, 700)]) {
      writeFileSync(path, execFileSync('gzip', ['-c'], {input: cut}))
      await expect(backup('verify', {volume}, context)).rejects.toThrow(/is damaged/)
    }
  })
})

it('what is no backup, or is not there, is refused', async () => {
  const {context} = await room()
  await expect(backup('show', {volume: 'local:iso/x.iso'}, context)).rejects.toThrow(InvalidInputError)
  await expect(backup('verify', {volume: `local:backup/${backupName}`}, context)).rejects.toThrow(NotFoundError)
  await expect(backup('list', {storage: 'none'}, context)).rejects.toThrow(NotFoundError)
})

it('a header that says more than comes takes no memory and ends', async () => {
  const header = Buffer.alloc(512)
  header.write('x')
  header.write('77777777777\0', 124)
  header.write('ustar\x0000', 257)
  header.write('0', 156)
  header.fill(' ', 148, 156)
  header.write(`${[...header].reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
  const members = readTarMembers(Readable.from([header]), {clock: systemClock, signal: new AbortController().signal})
  await expect((async () => { for await (const member of members) void member.name })()).rejects.toThrow(/too much|cut off/)
})
