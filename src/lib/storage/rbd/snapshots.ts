// Snapshots of images. Ceph takes them of an image that is in use as well; going back is for one that nobody has open.
import {ConflictError, NotFoundError, ToolError} from '../../base/index.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {VolumeId, VolumeSnapshots} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {PoolOnHost} from './pool.ts'
import {change, exitCodes, snapshotsOf, watchersOf} from './pool.ts'
import {baseSnapshot, snapshotArgv} from './rbd-argv.ts'

export interface SnapshotPlace { readonly on: PoolOnHost; readonly nameOf: (id: VolumeId) => string; readonly letGo: (id: VolumeId) => Promise<void> }

/** Writing back a whole image takes as long as it is large. */
const rollbackTimeoutMs = 24 * 3600_000

export function rbdSnapshots({on, nameOf, letGo}: SnapshotPlace): VolumeSnapshots {
  const has = async (id: VolumeId, name: string) => (await snapshotsOf(on, nameOf(id))).some((snapshot) => snapshot.name === name)
  return {
    list: async (id) => (await snapshotsOf(on, nameOf(id))).filter(({name}) => name !== baseSnapshot),
    create: async (id, name) => {
      const argv = snapshotArgv(on, 'create', nameOf(id), checkSnapshotName(name))
      const {exitCode} = await change(on, argv, {okExitCodes: [0, exitCodes.exists, exitCodes.notFound]})
      if (exitCode === exitCodes.exists) throw new ConflictError(`${formatVolumeId(id)} has a snapshot '${name}' already`)
      if (exitCode === exitCodes.notFound) throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`)
    },
    rollback: async (id, name) => {
      if (!await has(id, checkSnapshotName(name))) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
      await letGo(id)
      if (await watchersOf(on, nameOf(id)) > 0) throw new ConflictError(`${formatVolumeId(id)} is in use`)
      await change(on, snapshotArgv(on, 'rollback', nameOf(id), name), {timeoutMs: rollbackTimeoutMs})
    },
    remove: async (id, name) => {
      try {
        await change(on, snapshotArgv(on, 'remove', nameOf(id), checkSnapshotName(name)), {okExitCodes: [0, exitCodes.notFound]})
      } catch (error) {
        if (error instanceof ToolError && error.failure.exitCode === exitCodes.busy) throw new ConflictError(`the snapshot '${name}' of ${formatVolumeId(id)} is in use`, {cause: error})
        throw error
      }
    },
  }
}
