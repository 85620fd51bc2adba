// A folder on btrfs: what its parts know of it, and btrfs run there.
import {ConflictError, InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {DirOptions} from '../dir/options.ts'
import {parseFolderVolumeName} from '../naming.ts'
import type {Storage, VolumeId, VolumeName} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {subvolumePath} from './layout.ts'

const timeoutMs = 10 * 60_000

export interface BtrfsStorage {
  readonly host: Host
  readonly name: string
  readonly options: DirOptions
  readonly writesInPlace: boolean
  /** The same folder as a storage of plain files. */
  readonly files: Storage
}

/** @throws InvalidInputError */
export function parsed(on: Pick<BtrfsStorage, 'name'>, id: VolumeId): VolumeName {
  if (id.storage !== on.name) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${on.name}'`)
  return parseFolderVolumeName(id.name)
}

/** Runs btrfs. @throws UnavailableError when it is not installed */
export async function runBtrfs({host, name}: Pick<BtrfsStorage, 'host' | 'name'>, argv: readonly string[]): Promise<void> {
  try {
    await host.run(argv, {timeoutMs})
  } catch (error) {
    if (error instanceof NotFoundError) throw new UnavailableError(`storage '${name}' cannot be used: ${argv[0] ?? 'btrfs'} is not installed`, {cause: error, nextSteps: ['apt-get install btrfs-progs']})
    throw error
  }
}

/** Makes a subvolume under a name that nobody else can have taken. @throws ConflictError when it is there, and then nothing was touched */
export async function claimSubvolume(on: BtrfsStorage, id: VolumeId, argv: readonly string[]): Promise<void> {
  const path = subvolumePath(on.options.layout, parsed(on, id))
  const taken = (cause?: unknown) => new ConflictError(`there is a volume ${formatVolumeId(id)} already`, {cause})
  if (await on.host.files.stat(path) !== undefined) throw taken()
  try {
    await runBtrfs(on, argv)
  } catch (error) {
    if (error instanceof ToolError && /already exists|File exists/.test(error.failure.stderr)) throw taken(error)
    throw error
  }
}
