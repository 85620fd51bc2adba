// Snapshots within qcow2 images of a folder storage, taken, gone back to and removed by qemu-img while nobody else has the image open.
import {ConflictError, NotFoundError, ToolError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {VolumeId, VolumeName, VolumeSnapshots} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {checkBacking} from './backing.ts'
import {snapshotArgv} from './qemu-img.ts'
import {readQcow2Snapshots} from './qcow2-snapshots.ts'

const timeoutMs = 3600_000

export interface SnapshotPlace {
  readonly host: Host
  readonly parsed: (id: VolumeId) => VolumeName
  readonly pathOf: (id: VolumeId) => string
  readonly imagesFolder: string
}

export function qcow2Snapshots({host, parsed, pathOf, imagesFolder}: SnapshotPlace): VolumeSnapshots {
  const pathOfImage = async (id: VolumeId) => {
    if (parsed(id).content !== 'images' || parsed(id).format !== 'qcow2') {
      throw new UnsupportedError(`${formatVolumeId(id)} is no qcow2 image, and only those have snapshots on a storage that is a folder`, {
        nextSteps: ['Copy it into a qcow2 image first.'],
      })
    }
    const path = pathOf(id)
    if (await host.files.stat(path) === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`)
    return path
  }
  const change = async (what: 'create' | 'rollback' | 'remove', id: VolumeId, path: string, name: string) => {
    await checkBacking(host, path, 'qcow2', imagesFolder)
    try {
      await host.run(snapshotArgv(what, path, name), {timeoutMs})
    } catch (error) {
      if (error instanceof ToolError && /Failed to get (?:shared )?"[^"\n]{1,32}" lock|Is another process using the image/.test(error.failure.stderr)) {
        throw new ConflictError(`${formatVolumeId(id)} is in use`, {cause: error})
      }
      throw error
    }
    await host.run(['sync', '--', path], {timeoutMs})
  }
  const has = async (path: string, name: string) => (await readQcow2Snapshots(host, path)).some((snapshot) => snapshot.name === name)
  return {
    list: async (id) => readQcow2Snapshots(host, await pathOfImage(id)),
    create: async (id, name) => {
      const path = await pathOfImage(id)
      // qemu-img would make a second one of the same name.
      if (await has(path, checkSnapshotName(name))) throw new ConflictError(`${formatVolumeId(id)} has a snapshot '${name}' already`)
      await change('create', id, path, name)
    },
    rollback: async (id, name) => {
      const path = await pathOfImage(id)
      if (!await has(path, checkSnapshotName(name))) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
      await change('rollback', id, path, name)
    },
    remove: async (id, name) => {
      const path = await pathOfImage(id)
      if (await has(path, checkSnapshotName(name))) await change('remove', id, path, name)
    },
  }
}
