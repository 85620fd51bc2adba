// A folder on btrfs as a storage. Everything but raw disks and folders of containers is dir's; a raw disk lies in a subvolume and a folder is one, so that their
// snapshots and clones cost nothing.
import type {Clock} from '../../base/index.ts'
import {ConflictError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {checkTakesDisks} from '../content.ts'
import {openDirStorage} from '../dir/dir-storage.ts'
import {createImage, resizeImage} from '../dir/image-file.ts'
import {readDirOptions} from '../dir/options.ts'
import {contentFolder, folderVolumeName, parseFolderVolumeName} from '../naming.ts'
import {isTrue} from '../option-values.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {NewVolume, Storage, StorageConfig, StorageTraits, Volume, VolumeId, VolumeName} from '../storage.ts'
import {withFileStreams} from '../transfer/image-transfer.ts'
import {formatVolumeId} from '../volume-id.ts'
import {createArgv, deleteArgv, fileSystemArgv, inPlaceArgv, syncArgv} from './btrfs-argv.ts'
import {btrfsCommands} from './commands.ts'
import type {BtrfsStorage} from './folder.ts'
import {claimSubvolume, parsed, runBtrfs} from './folder.ts'
import {diskBase, diskPath, guestFolder, importFolder, isSubvolumeDisk, subvolumePath} from './layout.ts'
import {btrfsSnapshots, snapshotNames} from './snapshots.ts'
import {btrfsStream, removeReceived} from './streams.ts'
import {btrfsTemplates} from './templates.ts'

const timeoutMs = 10 * 60_000
/** Subvolumes looked at side by side. */
const parallelLooks = 16

/** @throws InvalidInputError when an option of the section is wrong */
export function openBtrfsStorage(config: StorageConfig, traits: StorageTraits, host: Host, clock: Clock): Storage {
  if (isTrue(config['snapshot-as-volume-chain'])) throw new UnsupportedError(`storage '${config.storage}': there are no volume chains (snapshot-as-volume-chain) on btrfs, whose snapshots need none`)
  const files = openDirStorage(config, traits, host, clock)
  const options = readDirOptions(config, {content: traits.defaultContent, format: traits.defaultFormat})
  const on: BtrfsStorage = {host, name: config.storage, options, writesInPlace: isTrue(config['nocow']), files}
  const place = {on, rename: (from: VolumeId, to: VolumeId) => rename(on, from, to), volume: (id: VolumeId) => existingVolume(on, id), makeReady: (vmid: number) => makeReady(on, vmid)}
  const ofDisk = <R>(id: VolumeId, disk: () => Promise<R>, file: () => Promise<R>): Promise<R> => isSubvolumeDisk(parsed(on, id)) ? disk() : file()
  const storage: Storage = {
    ...files, config,
    activate: () => activate(on),
    list: async (content, vmid) => [
      ...(await files.list(content, vmid)).filter((volume) => !isSubvolumeDisk(volume)), ...content.includes('images') ? await listDisks(on, vmid) : [],
    ],
    volume: (id) => ofDisk(id, () => existingVolume(on, id), () => files.volume(id)),
    exists: (id) => ofDisk(id, async () => (await host.files.stat(subvolumePath(options.layout, parsed(on, id)))) !== undefined, () => files.exists(id)),
    commands: (change) => btrfsCommands(on, (id) => parsed(on, id), change),
    create: (want) => want.format === 'raw' || want.format === 'subvol' ? create(on, want) : files.create(want),
    checkRemovable: (id) => ofDisk(id, async () => undefined, () => files.checkRemovable(id)),
    remove: (id) => ofDisk(id, () => remove(on, id), () => files.remove(id)),
    resize: (id, sizeBytes) => ofDisk(id, () => resize(on, id, sizeBytes), () => files.resize(id, sizeBytes)),
    rename: (from, to) => ofDisk(from, () => rename(on, from, to), () => files.rename(from, to)),
    snapshots: btrfsSnapshots(place),
    templates: btrfsTemplates(place),
    path: (id) => isSubvolumeDisk(parsed(on, id)) ? diskPath(options.layout, parsed(on, id)) : files.path(id),
    blockSource: (id) => isImage(on, id) ? {protocol: {driver: 'file', filename: diskPath(options.layout, parsed(on, id))}, format: 'raw'} : files.blockSource(id),
    imageName: (id, snapshot) => {
      const name = parsed(on, id)
      return isImage(on, id) ? {format: 'raw', path: diskPath(options.layout, name, snapshot === undefined ? undefined : checkSnapshotName(snapshot))} : files.imageName(id, snapshot)
    },
    attach: (id, snapshot) => ofDisk(id, () => attach(on, id, snapshot), () => files.attach(id, snapshot)),
  }
  return withFileStreams(storage, host, clock, [btrfsStream({...place, storage})])
}

/** @throws UnavailableError when the folder is on another file system */
async function activate(on: BtrfsStorage): Promise<void> {
  await on.files.activate()
  const {path} = on.options.layout
  const type = (await on.host.run(fileSystemArgv(path))).stdout.trim()
  if (type === 'btrfs') return
  throw new UnavailableError(`storage '${on.name}' is not there: ${path} is on ${type.slice(0, 40)}, not on btrfs`, {nextSteps: [`Mount the btrfs file system at ${path}, and let Corral check it: pvesm set ${on.name} --is_mountpoint yes`]})
}

/** Whether it is a raw disk, which QEMU may open, and no folder. */
function isImage(on: BtrfsStorage, id: VolumeId): boolean {
  const name = parsed(on, id)
  return isSubvolumeDisk(name) && name.format === 'raw'
}

async function listDisks(on: BtrfsStorage, vmid: number | undefined): Promise<Volume[]> {
  const {files} = on.host
  const images = contentFolder(on.options.layout, 'images')
  const owners = vmid === undefined ? (await files.list(images)).filter((owner) => /^[1-9]\d{0,8}$/.test(owner)) : [String(vmid)]
  const names: VolumeName[] = []
  for (const owner of owners) {
    for (const entry of await files.list(`${images}/${owner}`)) {
      const base = diskBase(entry)
      if (base !== undefined) names.push(parseFolderVolumeName(`${owner}/${base}`))
    }
  }
  const volumes: Volume[] = []
  for (let start = 0; start < names.length; start += parallelLooks) {
    volumes.push(...(await Promise.all(names.slice(start, start + parallelLooks).map((name) => describe(on, name)))).filter((volume) => volume !== undefined))
  }
  return volumes
}

async function describe(on: BtrfsStorage, name: VolumeName): Promise<Volume | undefined> {
  const stat = await on.host.files.stat(diskPath(on.options.layout, name))
  const common = {...name, id: {storage: on.name, name: folderVolumeName(name)}}
  if (name.format === 'subvol') return stat?.kind === 'directory' ? {...common, sizeBytes: 0, createdAtMs: stat.mtimeMs} : undefined
  return stat?.kind === 'file' ? {...common, sizeBytes: stat.sizeBytes, usedBytes: stat.allocatedBytes, createdAtMs: stat.mtimeMs} : undefined
}

async function existingVolume(on: BtrfsStorage, id: VolumeId): Promise<Volume> {
  const found = await describe(on, parsed(on, id))
  if (found !== undefined) return found
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.name}`]})
}

/** Makes the folder for a guest's disks. */
async function makeReady(on: BtrfsStorage, vmid: number): Promise<void> {
  await activate(on)
  const folder = guestFolder(on.options.layout, vmid)
  if (await on.host.files.stat(folder) === undefined) await on.host.files.makeDirectory(folder, 0o750)
}

async function create(on: BtrfsStorage, want: NewVolume): Promise<Volume> {
  const {host, options} = on
  const isFolder = want.format === 'subvol'
  if (isFolder && want.sizeBytes !== 0) throw new UnsupportedError(`folders on storage '${on.name}' (btrfs) have no limit; give them the size 0`)
  if (!isFolder && (!Number.isSafeInteger(want.sizeBytes) || want.sizeBytes < 1)) throw new InvalidInputError(`${want.sizeBytes} bytes are no size for a disk`, {size: 'must be at least 1'})
  const id = want.base === undefined ? await on.files.nextName(want.vmid, want.format, []) : on.files.nameFor(want)
  checkTakesDisks(on.name, options.content)
  await makeReady(on, want.vmid)
  const subvolume = subvolumePath(options.layout, parsed(on, id))
  await claimSubvolume(on, id, createArgv(subvolume))
  try {
    if (on.writesInPlace && !isFolder) await runBtrfs(on, inPlaceArgv(subvolume))
    if (!isFolder) await createImage(host, on.name, diskPath(options.layout, parsed(on, id)), 'raw', want.sizeBytes, options.preallocation)
    await host.run(syncArgv(subvolume), {timeoutMs})
  } catch (error) {
    // The first failure is the one to report; the undo of the plan tries once more.
    await runBtrfs(on, deleteArgv(subvolume)).catch(() => undefined)
    throw error
  }
  return existingVolume(on, id)
}

/** The disk with all its snapshots. */
async function remove(on: BtrfsStorage, id: VolumeId): Promise<void> {
  const {files} = on.host
  const name = parsed(on, id)
  const paths = [...(await snapshotNames(on, name)).map((snapshot) => subvolumePath(on.options.layout, name, snapshot)), subvolumePath(on.options.layout, name)]
  await removeReceived(on, importFolder(on.options.layout, name))
  for (const path of paths) {
    if (await files.stat(path) !== undefined) await runBtrfs(on, deleteArgv(path))
  }
  await removeEmptyFolder(on, name)
}

async function removeEmptyFolder(on: BtrfsStorage, name: VolumeName): Promise<void> {
  try {
    await on.host.files.remove(guestFolder(on.options.layout, name.vmid ?? 0))
  } catch (error) {
    // Other disks of the guest lie in it.
    if (!(error instanceof ConflictError)) throw error
  }
}

async function resize(on: BtrfsStorage, id: VolumeId, sizeBytes: number): Promise<void> {
  const {sizeBytes: fromBytes, format} = await existingVolume(on, id)
  if (format === 'subvol') throw new UnsupportedError(`${formatVolumeId(id)} is a folder without a limit and has no size that could grow`)
  if (sizeBytes < fromBytes) throw new InvalidInputError(`${formatVolumeId(id)} has ${fromBytes} bytes; disks can only be made larger`, {size: 'is smaller than the disk'})
  if (sizeBytes > fromBytes) await resizeImage(on.host, on.name, diskPath(on.options.layout, parsed(on, id)), 'raw', {fromBytes, toBytes: sizeBytes}, on.options.preallocation)
}

/** A disk with snapshots keeps its name: they are named after it. */
async function rename(on: BtrfsStorage, from: VolumeId, to: VolumeId): Promise<void> {
  const {files} = on.host
  const [oldName, newName] = [parsed(on, from), parsed(on, to)]
  if (newName.content !== 'images' || newName.vmid === undefined) throw new InvalidInputError(`only disks are given other names, not ${formatVolumeId(from)}`)
  if (newName.format !== oldName.format) throw new InvalidInputError(`another name does not make ${formatVolumeId(from)} a disk of format ${newName.format}`)
  const [oldPath, newPath] = [subvolumePath(on.options.layout, oldName), subvolumePath(on.options.layout, newName)]
  if (oldPath === newPath) return
  const isThere = await files.stat(oldPath) !== undefined
  const isTaken = await files.stat(newPath) !== undefined
  if (isThere && isTaken) throw new ConflictError(`there is a volume ${formatVolumeId(to)} already`)
  if (isTaken) return
  if (!isThere) throw new NotFoundError(`there is no volume ${formatVolumeId(from)}`)
  if ((await snapshotNames(on, oldName)).length > 0) throw new ConflictError(`${formatVolumeId(from)} has snapshots, which are named after it`, {nextSteps: ['Remove them first.']})
  await makeReady(on, newName.vmid)
  await files.rename(oldPath, newPath)
  await on.host.run(syncArgv(newPath), {timeoutMs})
  if (oldName.vmid !== newName.vmid) await removeEmptyFolder(on, oldName)
}

async function attach(on: BtrfsStorage, id: VolumeId, snapshot: string | undefined): Promise<string> {
  if (on.options.mountpoint !== undefined) await activate(on)
  const path = diskPath(on.options.layout, parsed(on, id), snapshot === undefined ? undefined : checkSnapshotName(snapshot))
  if (await on.host.files.stat(path) === undefined) {
    throw new NotFoundError(snapshot === undefined ? `there is no volume ${formatVolumeId(id)}` : `${formatVolumeId(id)} has no snapshot '${snapshot}'`)
  }
  return path
}
