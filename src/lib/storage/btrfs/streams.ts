// What btrfs sends and receives itself, for raw disks and their snapshots (btrfs-send(8), btrfs-receive(8)). What is received comes from elsewhere: it
// is confined to a folder of its own, and looked at before it gets a name.
import type {Readable} from 'node:stream'
import {InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {Storage, StreamRequest, VolumeId, VolumeName} from '../storage.ts'
import type {StreamKind} from '../transfer/stream-kind.ts'
import {formatVolumeId} from '../volume-id.ts'
import {deleteArgv, receiveArgv, sendArgv, snapshotArgv, syncArgv} from './btrfs-argv.ts'
import type {BtrfsStorage} from './folder.ts'
import {claimSubvolume, parsed, runBtrfs} from './folder.ts'
import {diskFile, guestFolder, importFolder, isSubvolumeDisk, subvolumePath} from './layout.ts'

const limitMs = 7 * 24 * 3600_000

interface StreamPlace {
  readonly on: BtrfsStorage
  readonly storage: Pick<Storage, 'snapshots' | 'volume'>
  readonly makeReady: (vmid: number) => Promise<void>
}

const isImage = (name: VolumeName) => isSubvolumeDisk(name) && name.format === 'raw'

export function btrfsStream(place: StreamPlace): StreamKind {
  const {on, storage} = place
  return {
    format: 'btrfs',
    canExport: (name, {snapshot}) => isImage(name) && snapshot !== undefined,
    canImport: (name, {snapshot}) => isImage(name) && snapshot !== undefined,
    export: async (id, request, to, {signal}) => {
      const all = (await storage.snapshots?.list(id) ?? []).map(({name}) => name)
      const sent = snapshotsToSend(all, id, request).map((snapshot) => pathOf(on, id, snapshot))
      await on.host.run(sendArgv(sent, request.base === undefined ? undefined : pathOf(on, id, request.base)), {outputStream: to, timeoutMs: limitMs, signal, diesWithUs: true})
    },
    import: (id, request, from, waits, owned) => request.base === undefined ? importWhole(place, id, request, from, waits.signal, owned) : importAddition(place, id, request, from, waits.signal),
  }
}

/** What comes lies in a folder of its own until it has been looked at. */
async function importWhole({on, makeReady}: StreamPlace, id: VolumeId, request: StreamRequest, from: Readable, signal: AbortSignal, owned: () => void): Promise<void> {
  const name = parsed(on, id)
  const folder = importFolder(on.options.layout, name)
  await makeReady(name.vmid ?? 0)
  await removeReceived(on, folder)
  await on.host.files.makeDirectory(folder, 0o700)
  try {
    await receive(on, folder, id, from, signal)
    const received = await checkReceived(on, folder, await on.host.files.list(folder), name, request)
    await claimSubvolume(on, id, snapshotArgv(`${folder}/${received.newest}`, pathOf(on, id), {readOnly: false}))
    owned()
    // A read-only subvolume cannot be moved to another folder. A snapshot of it is still the one that was sent, to whoever sends what was added.
    for (const {entry, snapshot} of received.all) await runBtrfs(on, snapshotArgv(`${folder}/${entry}`, pathOf(on, id, snapshot), {readOnly: true}))
    await on.host.run(syncArgv(pathOf(on, id)), {timeoutMs: limitMs})
  } finally {
    await removeReceived(on, folder)
  }
}

/** btrfs must find the snapshot to which it adds, so what comes lies beside it, and is told from what was there by having come. */
async function importAddition({on, storage}: StreamPlace, id: VolumeId, request: StreamRequest, from: Readable, signal: AbortSignal): Promise<void> {
  const {files} = on.host
  const name = parsed(on, id)
  const snapshots = (await storage.snapshots?.list(id) ?? []).map((snapshot) => snapshot.name)
  if (!snapshots.includes(checkSnapshotName(request.base ?? ''))) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${request.base ?? ''}', to which the stream would be added`)
  const folder = guestFolder(on.options.layout, name.vmid ?? 0)
  const before = new Set(await files.list(folder))
  const arrived = async () => (await files.list(folder)).filter((entry) => !before.has(entry))
  try {
    await receive(on, folder, id, from, signal)
    const received = await checkReceived(on, folder, await arrived(), name, request)
    await replaceDisk(on, `${folder}/${received.newest}`, pathOf(on, id))
    for (const {entry, snapshot} of received.all) {
      await files.rename(`${folder}/${entry}`, pathOf(on, id, snapshot))
      before.add(entry).add(`${subvolumeName(pathOf(on, id, snapshot))}`)
    }
    await on.host.run(syncArgv(pathOf(on, id)), {timeoutMs: limitMs})
  } catch (error) {
    // The first failure is the one to report.
    for (const entry of await arrived()) await runBtrfs(on, deleteArgv(`${folder}/${entry}`)).catch(() => undefined)
    throw error
  }
}

function pathOf(on: BtrfsStorage, id: VolumeId, snapshot?: string): string {
  return subvolumePath(on.options.layout, parsed(on, id), snapshot)
}

function subvolumeName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The disk goes on from what was added to its snapshots. */
async function replaceDisk(on: BtrfsStorage, source: string, path: string): Promise<void> {
  const copy = `${path}.rollback`
  if (await on.host.files.stat(copy) !== undefined) await runBtrfs(on, deleteArgv(copy))
  await runBtrfs(on, snapshotArgv(source, copy, {readOnly: false}))
  if (await on.host.files.stat(path) !== undefined) await runBtrfs(on, deleteArgv(path))
  await on.host.files.rename(copy, path)
}

/** Pure. In the order in which they were taken. @throws NotFoundError for one that is not there, InvalidInputError for a wrong order */
export function snapshotsToSend(all: readonly string[], id: VolumeId, {snapshot = '', base, withSnapshots}: StreamRequest): string[] {
  for (const name of [snapshot, base]) {
    if (name !== undefined && !all.includes(name)) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
  }
  if (base !== undefined && all.indexOf(base) >= all.indexOf(snapshot)) throw new InvalidInputError(`the snapshot '${base}' is not older than '${snapshot}'`, {base: 'must be older than the snapshot'})
  return withSnapshots === true ? all.slice(base === undefined ? 0 : all.indexOf(base) + 1, all.indexOf(snapshot) + 1) : [snapshot]
}

async function receive(on: BtrfsStorage, folder: string, id: VolumeId, from: Readable, signal: AbortSignal): Promise<void> {
  try {
    await on.host.run(receiveArgv(folder), {inputStream: from, timeoutMs: limitMs, signal, diesWithUs: true})
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    if (/No space left on device|Disk quota exceeded/.test(error.failure.stderr)) throw new UnavailableError(`storage '${on.name}' has not enough space`, {cause: error, nextSteps: [`See what takes the space: pvesm status --storage ${on.name}; pvesm list ${on.name}`]})
    throw new InvalidInputError(`what came for ${formatVolumeId(id)} is no whole stream of btrfs that fits`, {}, {cause: error})
  }
}

interface Received { readonly newest: string; readonly all: readonly {readonly entry: string; readonly snapshot: string}[] }

/** Just the snapshots that were to come, each with the file of the disk in it. The part before the `@` is the sender's name of the disk. @throws InvalidInputError */
async function checkReceived(on: BtrfsStorage, folder: string, entries: readonly string[], name: VolumeName, {snapshot = '', withSnapshots}: StreamRequest): Promise<Received> {
  const {files} = on.host
  const all = entries.map((entry) => ({entry, snapshot: /^[^@/]{1,200}@([a-zA-Z][a-zA-Z0-9_-]{0,39})$/.exec(entry)?.[1] ?? ''}))
  const newest = all.find((each) => each.snapshot === snapshot)?.entry
  const isRight = newest !== undefined && all.every((each) => each.snapshot !== '') && new Set(all.map((each) => each.snapshot)).size === all.length
  if (!isRight || withSnapshots !== true && all.length > 1) throw new InvalidInputError(`the stream does not hold the snapshot '${snapshot}' of a disk`, {snapshot: `is not in the stream, which holds ${entries.slice(0, 5).join(', ') || 'nothing'}`})
  for (const {entry, snapshot: taken} of all) {
    const disk = await files.stat(`${folder}/${entry}/${diskFile}`)
    if (disk?.kind !== 'file' || (await files.list(`${folder}/${entry}`)).length !== 1) throw new InvalidInputError(`the stream does not hold a disk: there must be one file, ${diskFile}`)
    const target = subvolumePath(on.options.layout, name, taken)
    if (target !== `${folder}/${entry}` && await files.stat(target) !== undefined) throw new InvalidInputError(`${name.base} has a snapshot '${taken}' already`)
  }
  return {newest, all}
}

/** What a stream brought and what a killed one has left. */
export async function removeReceived(on: BtrfsStorage, folder: string): Promise<void> {
  if (await on.host.files.stat(folder) === undefined) return
  for (const entry of await on.host.files.list(folder)) await runBtrfs(on, deleteArgv(`${folder}/${entry}`))
  await on.host.files.remove(folder)
}
