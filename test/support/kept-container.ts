// A backup of a container in the repository of a storage, for tests: the program restic keeps the archive.
import {openStorage} from '../../src/lib/storage/index.ts'
import {backupName} from '../../src/lib/storage/repository/index.ts'
import {saveContainer} from '../../src/lib/storage/repository/container-backup.ts'
import type {Context} from '../../src/lib/tasks/index.ts'

const backup = {guestType: 'lxc', vmid: 101, takenAtMs: Date.UTC(2026, 0, 31, 12)} as const

/** @param storage of type restic @param archive of its files @returns the volume id */
export async function keepContainer(storage: string, archive: Buffer, context: Context): Promise<string> {
  await (await openStorage(storage, context)).activate()
  await saveContainer({...backup, storage, isProtected: false, config: 'arch: amd64\nrootfs: local:101/vm-101-disk-0.raw,size=64M\n'}, inPieces(archive), context)
  return `${storage}:${backupName(backup)}`
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += 64 * 1024) yield await Promise.resolve(bytes.subarray(offset, offset + 64 * 1024))
}
