// What ZFS sends and receives itself, for zvols and for folders of containers: `zfs`, from a snapshot on; and `tar+size`, the files of a folder
// (zfs-send(8), zfs-receive(8)). What is received comes from elsewhere: it is mounted nowhere but where the dataset lies.
import {InvalidInputError, NotFoundError, ToolError} from '../../base/index.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {Storage, StreamRequest, VolumeId, VolumeName} from '../storage.ts'
import {createFor, expectEnd} from '../transfer/raw-stream.ts'
import {parseSizeHeader, sizeHeader, sizeHeaderBytes} from '../transfer/size-header.ts'
import {readBytes, writeBytes} from '../transfer/stream-bytes.ts'
import type {StreamKind} from '../transfer/stream-kind.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {DatasetOnHost} from './dataset.ts'
import {runZfs, zfsSnapshots} from './dataset.ts'
import {parseZfsName} from './naming.ts'
import {mountArgv, receiveArgv, sendArgv} from './zfs-argv.ts'

const limitMs = 7 * 24 * 3600_000

type ZfsPlace = Pick<Storage, 'parseName' | 'volume' | 'create' | 'path' | 'snapshots'>

export function zfsStreams(on: DatasetOnHost, storage: ZfsPlace): StreamKind[] {
  return [zfsStream(on, storage), tarStream(on, storage)]
}

const nameOf = (id: VolumeId) => parseZfsName(id.name).base
const isFolder = (name: VolumeName) => name.format === 'subvol'

function zfsStream(on: DatasetOnHost, storage: ZfsPlace): StreamKind {
  const has = async (id: VolumeId, snapshot: string) => (await zfsSnapshots(on, nameOf(id))).some(({name}) => name === snapshot)
  return {
    format: 'zfs',
    canExport: (_name, {snapshot}) => snapshot !== undefined,
    canImport: () => true,
    export: async (id, request, to, {signal}) => {
      await storage.volume(id)
      for (const snapshot of [request.snapshot, request.base]) {
        if (snapshot !== undefined && !await has(id, checkSnapshotName(snapshot))) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${snapshot}'`)
      }
      await runZfs(on, sendArgv(on.options, nameOf(id), request), {outputStream: to, timeoutMs: limitMs, signal, diesWithUs: true})
    },
    import: async (id, request, from, {signal}, owned) => {
      const name = storage.parseName(id.name)
      if (name.parent !== undefined) throw new InvalidInputError(`a stream makes a disk of its own, which ${formatVolumeId(id)} is not`)
      if (request.base === undefined) owned()
      else if (!await has(id, checkSnapshotName(request.base))) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${request.base}', to which the stream would be added`)
      await receive(on, id, request, from, signal)
      await checkReceived(storage, id, request)
      if (isFolder(name)) await runZfs(on, mountArgv(on.options, name.base))
    },
  }
}

async function receive(on: DatasetOnHost, id: VolumeId, {base}: StreamRequest, from: Parameters<StreamKind['import']>[2], signal: AbortSignal): Promise<void> {
  try {
    await runZfs(on, receiveArgv(on.options, nameOf(id), {isFolder: isFolder(parseZfsName(nameOf(id))), isAddition: base !== undefined}), {inputStream: from, timeoutMs: limitMs, signal, diesWithUs: true})
  } catch (error) {
    if (error instanceof ToolError && /invalid stream|checksum mismatch|incomplete stream|failed to read from stream|not a ZFS|does not\s+match incremental source/.test(error.failure.stderr)) {
      throw new InvalidInputError(`what came for ${formatVolumeId(id)} is no whole stream of ZFS that fits`, {}, {cause: error})
    }
    throw error
  }
}

/** A zvol under the name of a folder, or the reverse, is no volume of ours; and the snapshot must be there that was asked for. */
async function checkReceived(storage: ZfsPlace, id: VolumeId, {snapshot}: StreamRequest): Promise<void> {
  try {
    await storage.volume(id)
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    throw new InvalidInputError(`the stream does not hold what the name ${formatVolumeId(id)} says`, {}, {cause: error})
  }
  if (snapshot === undefined) return
  const snapshots = await storage.snapshots?.list(id) ?? []
  if (!snapshots.some(({name}) => name === snapshot)) throw new InvalidInputError(`the stream does not hold the snapshot '${snapshot}'`)
}

function tarStream(on: DatasetOnHost, storage: ZfsPlace): StreamKind {
  const isPlain: StreamKind['canExport'] = (name, {snapshot, base, withSnapshots}) => isFolder(name) && snapshot === undefined && base === undefined && withSnapshots !== true
  return {
    format: 'tar+size',
    canExport: isPlain,
    canImport: isPlain,
    export: async (id, _request, to, waits) => {
      const {sizeBytes} = await storage.volume(id)
      await writeBytes(to, sizeHeader(Math.max(sizeBytes, 1)), waits)
      await on.host.run(['tar', '--create', '--file=-', '--sparse', '--numeric-owner', '--acls', '--xattrs', '--xattrs-include=*', '--one-file-system', '-C', storage.path(id), '.'], {outputStream: to, timeoutMs: limitMs, signal: waits.signal})
    },
    import: async (id, _request, from, waits, owned) => {
      const sizeBytes = parseSizeHeader(await readBytes(from, sizeHeaderBytes, waits))
      await createFor(storage, id, sizeBytes)
      owned()
      // tar(1) takes the slash from absolute names, refuses names with '..', and lets no link lead out of the folder while it works.
      await on.host.run(['tar', '--extract', '--file=-', '--sparse', '--numeric-owner', '--same-permissions', '--acls', '--xattrs', '--xattrs-include=*', '-C', storage.path(id)], {inputStream: from, timeoutMs: limitMs, signal: waits.signal, diesWithUs: true})
      await expectEnd(from, waits)
    },
  }
}
