// A repository as a storage: its backups as volumes. How they come into it and out of it is its repository's, which others use (storage.repository).
import type {Clock} from '../../base/index.ts'
import {AppError, ConflictError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {readContentList} from '../content.ts'
import {withinTime} from '../dir/within-time.ts'
import {backupName, parseBackupName, readBackupName} from '../repository/backup-name.ts'
import {readGuestSnapshot} from '../repository/guest-snapshot.ts'
import type {GuestSnapshot} from '../repository/guest-snapshot.ts'
import type {NamedSnapshot} from '../repository/repository.ts'
import type {Storage, StorageConfig, StorageSecret, StorageTraits, Usage, Volume, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {repositoryPlace} from './place.ts'
import {repositoryOf} from './open-repository.ts'
import type {PlacedRepository} from './open-repository.ts'

/** A place that answers at all answers within this. */
const lookLimitMs = 15_000
const noUsage: Usage = {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false}

/** @throws InvalidInputError when an option of the section is wrong */
export function openResticStorage(config: StorageConfig, traits: StorageTraits, host: Host, clock: Clock, secret: StorageSecret | undefined): Storage {
  const name = config.storage
  const repository = repositoryOf(name, repositoryPlace(config), {host, clock, secret})
  const content = config['content'] === undefined ? traits.defaultContent : readContentList(config['content'], name)
  const on: ResticStorage = {name, repository, clock}
  return {
    config, traits: {...traits, defaultContent: content, shared: repository.isRemote || config['shared'] === true},
    parseName: parseBackupName,
    activate: () => repository.makeReady(),
    usage: () => usage(on),
    list: async (wanted, vmid, tell) => wanted.includes('backup') ? listBackups(on, vmid, tell) : [],
    volume: async (id) => described(on, (await existing(on, id)).backup),
    exists: async (id) => await find(on, id) !== undefined,
    ...noDisks(name),
    commands: () => [],
    checkRemovable: async (id) => {
      const found = await find(on, id)
      if (found !== undefined) assertUnprotected(id, found.backup)
    },
    remove: (id) => remove(on, id),
    repository,
    path: (id) => `${repository.place}:${checkedName(on, id).slice('backup/'.length)}`,
    leftovers: async () => [],
    attach: async (id) => { throw noFile(id) },
    detach: async () => undefined,
    blockSource: (id) => { throw noFile(id) },
    imageName: (id) => { throw noFile(id) },
  }
}

interface ResticStorage {
  readonly name: string
  readonly repository: PlacedRepository
  readonly clock: Clock
}

function noDisks(name: string): Pick<Storage, 'nextName' | 'nameFor' | 'create' | 'resize' | 'rename'> {
  const refusal = (): UnsupportedError => new UnsupportedError(`storage '${name}' holds no disks, but backups, which vzdump makes`, {nextSteps: [`vzdump <vmid> --storage ${name}`]})
  return {
    nextName: async () => { throw refusal() },
    nameFor: () => { throw refusal() },
    create: async () => { throw refusal() },
    resize: async () => { throw refusal() },
    rename: async () => { throw refusal() },
  }
}

function noFile(id: VolumeId): UnsupportedError {
  return new UnsupportedError(`${formatVolumeId(id)} is no file: its data lies in pieces in a repository`, {nextSteps: [`Write it as an archive: corral backup export ${formatVolumeId(id)} <file>`]})
}

function checkedName({name}: ResticStorage, id: VolumeId): string {
  if (id.storage !== name) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${name}'`)
  parseBackupName(id.name)
  return id.name
}

async function usage({name, repository, clock}: ResticStorage): Promise<Usage> {
  try {
    return {...await withinTime(clock, lookLimitMs, `asking for the space of storage '${name}'`, repository.space()), isActive: true}
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
    return {...noUsage, reason: error instanceof UnavailableError ? error.message : `storage '${name}' is not there: ${error.message}`}
  }
}

interface FoundBackup {
  readonly snapshot: NamedSnapshot
  readonly backup: GuestSnapshot
}

async function backups({repository}: ResticStorage, tell?: (problem: string) => void): Promise<FoundBackup[]> {
  const snapshots = await repository.use((open) => open.snapshots(tell), {lock: 'none'})
  return snapshots.flatMap((snapshot) => {
    const backup = readGuestSnapshot(snapshot)
    return backup === undefined ? [] : [{snapshot, backup}]
  })
}

async function listBackups(on: ResticStorage, vmid: number | undefined, tell: ((problem: string) => void) | undefined): Promise<Volume[]> {
  // Of two with one name, which only somebody else's hands make, the newer one is meant.
  const byName = new Map((await backups(on, tell)).map(({backup}) => [backupName(backup), backup]))
  return [...byName.values()].filter((backup) => vmid === undefined || backup.vmid === vmid).map((backup) => described(on, backup))
}

function described({name: storage}: ResticStorage, {guestType, vmid, takenAtMs, sizeBytes, isProtected, notes}: GuestSnapshot): Volume {
  const name = backupName({guestType, vmid, takenAtMs})
  return {
    ...parseBackupName(name), id: {storage, name}, sizeBytes, guestType, createdAtMs: Math.floor(takenAtMs / 1000) * 1000, isProtected,
    ...(notes === undefined ? {} : {notes}),
  }
}

async function find(on: ResticStorage, id: VolumeId): Promise<FoundBackup | undefined> {
  const name = checkedName(on, id)
  return (await backups(on)).findLast(({backup}) => backupName(backup) === name)
}

async function existing(on: ResticStorage, id: VolumeId): Promise<FoundBackup> {
  const found = await find(on, id)
  if (found === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.name}`]})
  return found
}

/** The snapshot goes; what only it needed takes room until that is collected. */
async function remove(on: ResticStorage, id: VolumeId): Promise<void> {
  const name = checkedName(on, id)
  if (readBackupName(name) === undefined) return
  await on.repository.use(async (open) => {
    for (const snapshot of await open.snapshots()) {
      const backup = readGuestSnapshot(snapshot)
      if (backup === undefined || backupName(backup) !== name) continue
      assertUnprotected(id, backup)
      await open.forget(snapshot.id)
    }
  })
}

/** @throws ConflictError */
function assertUnprotected(id: VolumeId, {isProtected}: GuestSnapshot): void {
  if (!isProtected) return
  throw new ConflictError(`the backup ${formatVolumeId(id)} is protected`, {nextSteps: [`Take the protection away: corral storage annotate ${formatVolumeId(id)} --protected 0`]})
}
