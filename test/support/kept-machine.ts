// A backup of a small virtual machine in the repository of a storage, for tests: what machine-backup.ts has as an archive.
import {openStorage} from '../../src/lib/storage/index.ts'
import {backupName, guestPath, guestTags, saveMachine} from '../../src/lib/storage/repository/index.ts'
import type {Context} from '../../src/lib/tasks/index.ts'
import {backedUpMachine} from './machine-backup.ts'

const backup = {guestType: 'qemu', vmid: 100, takenAtMs: Date.UTC(2026, 0, 31, 12)} as const

export function keptVolume(storage: string): string {
  return `${storage}:${backupName(backup)}`
}

/** @param storageName of type restic */
export async function keepMachine(storageName: string, context: Context): Promise<void> {
  const {scsi0, scsi1, config} = backedUpMachine()
  const storage = await openStorage(storageName, context)
  await storage.activate()
  const disks = [{name: 'drive-scsi0', sizeBytes: scsi0.length}, {name: 'drive-scsi1', sizeBytes: scsi1.length}]
  const record = {takenAtMs: backup.takenAtMs, hostname: 'h1', username: 'root', paths: [guestPath(backup)], tags: guestTags({sizeBytes: scsi0.length + scsi1.length, isProtected: false})}
  await storage.repository?.use((repository) => saveMachine(repository, {config, firewall: '[OPTIONS]\nenable: 0\n', disks}, record, async ([first, second]) => {
    await second?.write(0, scsi1)
    await first?.write(0, scsi0)
  }))
}
