// From the volume id of a backup in a repository to the machine in it.
import {AppError, InvalidInputError, NotFoundError} from '../../base/index.ts'
import {openVolume} from '../open-storage.ts'
import type {StorageContext} from '../open-storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {RepositoryBackup} from './backup-name.ts'
import {readBackupName} from './backup-name.ts'
import {snapshotsOf} from './find-backup.ts'
import type {KeptMachine} from './machine-backup.ts'
import {openMachine} from './machine-backup.ts'
import type {NamedSnapshot, Repository} from './repository.ts'

/** The snapshot of a backup; the newer one of two with the same name. */
export async function snapshotOf(repository: Pick<Repository, 'snapshots'>, backup: RepositoryBackup): Promise<NamedSnapshot | undefined> {
  return (await snapshotsOf(repository, backup)).at(-1)
}

/** @returns undefined when it is not there. @throws InvalidInputError when it is damaged */
export async function machineIn(repository: Repository, backup: RepositoryBackup): Promise<{readonly id: string; readonly machine: KeptMachine} | undefined> {
  const snapshot = await snapshotOf(repository, backup)
  return snapshot === undefined ? undefined : {id: snapshot.id, machine: await openMachine(repository, snapshot.tree)}
}

/**
 * Lends the machine in a backup; nobody takes its data away meanwhile.
 * @param volume of a storage with a repository
 * @throws NotFoundError when it is not there; InvalidInputError when it is no backup of a virtual machine, or damaged
 */
export async function withKeptMachine<R>(volume: string, context: StorageContext, work: (machine: KeptMachine) => Promise<R>): Promise<R> {
  const {storage: {repository}, id} = await openVolume(volume, context)
  if (repository === undefined) throw new AppError('internal', `storage '${id.storage}' has no repository`)
  const backup = readBackupName(id.name)
  if (backup?.guestType !== 'qemu') throw new InvalidInputError(`${formatVolumeId(id)} is no backup of a virtual machine`, {archive: 'is no backup of a virtual machine'})
  return repository.use(async (open) => {
    const found = await machineIn(open, backup)
    if (found === undefined) throw new NotFoundError(`there is no backup ${formatVolumeId(id)}`, {nextSteps: [`See which there are: pvesm list ${id.storage} --content backup`]})
    return work(found.machine)
  })
}
