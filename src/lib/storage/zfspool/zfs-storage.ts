// A ZFS dataset as a storage: making, listing, growing and removing the volumes that are disks of guests. zfs is run by dataset.ts; here it
// meets the names of guests.
import type {Clock} from '../../base/index.ts'
import {ConflictError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {checkTakesDisks} from '../content.ts'
import {checkNewFlatName, flatBaseOf} from '../flat-naming.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {NewVolume, Storage, StorageConfig, StorageTraits, Volume, VolumeChange, VolumeId, VolumeSnapshots, VolumeTemplates} from '../storage.ts'
import {withDiskStreams} from '../transfer/image-transfer.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {DatasetOnHost} from './dataset.ts'
import {datasetMissing, destroyWhenFree, findVolume, lookUp, runZfs, zfsSnapshots, zfsVolumes} from './dataset.ts'
import {datasetUsage, datasetVolume, datasetVolumes, nextDatasetName} from './guest-volumes.ts'
import {parseZfsName, zfsNaming} from './naming.ts'
import {readZfsOptions} from './options.ts'
import {zfsStreams} from './streams.ts'
import {
  baseSnapshot, cloneArgv, createSubvolumeArgv, createVolumeArgv, destroyArgv, importArgv, renameArgv, resizeArgv, snapshotArgv, snapshotDevicesArgv, spaceArgv, volumeSize,
} from './zfs-argv.ts'

/** udev makes the device of a zvol a moment after zfs has answered. */
const deviceLimitMs = 10_000
const devicePollMs = 100

/** @throws InvalidInputError when an option of the section is wrong */
export function openZfsStorage(config: StorageConfig, traits: StorageTraits, host: Host, clock: Clock): Storage {
  const options = readZfsOptions(config, traits.defaultContent)
  const on: DatasetOnHost = {host, clock, storage: config.storage, options}
  const storage: Storage = {
    config, traits: {...traits, defaultContent: options.content},
    parseName: parseZfsName,
    activate: () => activate(on),
    usage: () => datasetUsage(on),
    list: async (content, vmid) => content.includes('images') ? datasetVolumes(on, zfsNaming, vmid) : [],
    volume: (id) => existingVolume(on, id),
    exists: async (id) => (await findVolume(on, nameOf(on, id))) !== undefined,
    nextName: (vmid, format, taken) => nextDatasetName(on, vmid, format, taken),
    nameFor: (want) => ({storage: on.storage, name: checkNewFlatName(want, zfsNaming)}),
    commands: (change) => commandsOf(on, change),
    create: (want) => create(on, want),
    checkRemovable: async (id) => { await checkNoClones(on, id) },
    remove: (id) => remove(on, id),
    resize: (id, sizeBytes) => resize(on, id, sizeBytes),
    rename: (from, to) => rename(on, from, to),
    snapshots: snapshotsOf(on),
    templates: templatesOf(on),
    path: (id) => pathOf(on, id),
    blockSource: (id) => ({protocol: {driver: 'host_device', filename: devicePath(on, id)}, format: 'raw'}),
    imageName: (id, snapshot) => ({format: 'raw', path: devicePath(on, id, snapshot)}),
    leftovers: async () => [],
    attach: (id, snapshot) => attach(on, id, snapshot),
    detach: async (id, snapshot) => {
      if (snapshot !== undefined && parseZfsName(id.name).format === 'raw' && await findVolume(on, nameOf(on, id)) !== undefined) await runZfs(on, snapshotDevicesArgv(options, nameOf(on, id), false))
    },
  }
  return withDiskStreams(storage, host, clock, zfsStreams(on, storage))
}

function nameOf({storage}: DatasetOnHost, id: VolumeId): string {
  if (id.storage !== storage) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage}'`)
  return parseZfsName(id.name).base
}

function pathOf(on: DatasetOnHost, id: VolumeId): string {
  const name = nameOf(on, id)
  return parseZfsName(name).format === 'subvol' ? `${on.options.mountpoint}/${name}` : devicePath(on, id)
}

/** @throws UnsupportedError for the folder of a container */
function devicePath(on: DatasetOnHost, id: VolumeId, snapshot?: string): string {
  const name = nameOf(on, id)
  if (parseZfsName(name).format === 'subvol') throw new UnsupportedError(`${formatVolumeId(id)} is a container's folder, which QEMU does not open`)
  return `/dev/zvol/${on.options.pool}/${name}${snapshot === undefined ? '' : `@${checkSnapshotName(snapshot)}`}`
}

/** Brings the pool in when the host has not done so at boot. @throws UnavailableError when there is none */
async function activate(on: DatasetOnHost): Promise<void> {
  try {
    await lookUp(on, spaceArgv(on.options))
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    try {
      await runZfs(on, importArgv(on.options))
      await lookUp(on, spaceArgv(on.options))
    } catch (again) {
      throw again instanceof UnavailableError ? again : datasetMissing(on, again)
    }
  }
}

function existingVolume(on: DatasetOnHost, id: VolumeId): Promise<Volume> {
  return datasetVolume(on, zfsNaming, nameOf(on, id), id)
}

function createArgv({options}: DatasetOnHost, name: string, {format, sizeBytes}: NewVolume): string[] {
  return format === 'subvol' ? createSubvolumeArgv(options, name, sizeBytes) : createVolumeArgv(options, name, sizeBytes)
}

async function create(on: DatasetOnHost, want: NewVolume): Promise<Volume> {
  checkTakesDisks(on.storage, on.options.content)
  if (!Number.isSafeInteger(want.sizeBytes) || want.sizeBytes < 1) throw new InvalidInputError(`${want.sizeBytes} bytes are no size for a disk`, {size: 'must be at least 1'})
  const name = want.base === undefined ? (await nextDatasetName(on, want.vmid, want.format, [])).name : checkNewFlatName(want, zfsNaming)
  // zfs(8) makes a dataset within one transaction: done whole or not at all.
  await runZfs(on, createArgv(on, name, want), {diesWithUs: true})
  return existingVolume(on, {storage: on.storage, name})
}

/** @throws ConflictError when clones stand on it */
async function checkNoClones(on: DatasetOnHost, id: VolumeId): Promise<void> {
  const name = nameOf(on, id)
  const clone = (await zfsVolumes(on)).find(({origin}) => origin?.startsWith(`${name}@`) === true)
  if (clone !== undefined) throw new ConflictError(`${formatVolumeId(id)} is in use: the clone ${on.storage}:${clone.name} stands on it`)
}

async function remove(on: DatasetOnHost, id: VolumeId): Promise<void> {
  await checkNoClones(on, id)
  try {
    await destroyWhenFree(on, destroyArgv(on.options, nameOf(on, id)))
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
  }
}

async function resize(on: DatasetOnHost, id: VolumeId, sizeBytes: number): Promise<void> {
  const {sizeBytes: current, base, format} = await existingVolume(on, id)
  const wanted = format === 'raw' ? volumeSize(sizeBytes) : sizeBytes
  if (wanted < current) throw new InvalidInputError(`${formatVolumeId(id)} has ${current} bytes; disks can only be made larger`, {size: 'is smaller than the disk'})
  if (wanted > current) await runZfs(on, resizeArgv(on.options, base, format === 'raw' ? 'raw' : 'subvol', sizeBytes))
}

async function rename(on: DatasetOnHost, from: VolumeId, to: VolumeId): Promise<void> {
  const [oldName, newName] = [nameOf(on, from), nameOf(on, to)]
  if (oldName === newName) return
  if (parseZfsName(oldName).format !== parseZfsName(newName).format) throw new InvalidInputError(`another name does not make ${formatVolumeId(from)} something else`)
  const [isThere, isTaken] = [await findVolume(on, oldName) !== undefined, await findVolume(on, newName) !== undefined]
  if (isThere && isTaken) throw new ConflictError(`there is a volume ${formatVolumeId(to)} already`)
  if (!isThere && !isTaken) throw new NotFoundError(`there is no volume ${formatVolumeId(from)}`)
  if (isThere) await runZfs(on, renameArgv(on.options, oldName, newName))
}

function snapshotsOf(on: DatasetOnHost): VolumeSnapshots {
  const list = async (id: VolumeId) => (await zfsSnapshots(on, nameOf(on, id))).filter(({name}) => name !== baseSnapshot)
  const checkRollback = async (id: VolumeId, name: string) => {
    const all = (await list(id)).map((snapshot) => snapshot.name)
    if (!all.includes(checkSnapshotName(name))) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
    const newer = all.slice(all.indexOf(name) + 1)
    if (newer.length === 0) return
    throw new ConflictError(`${formatVolumeId(id)} can only go back to its newest snapshot: ZFS would lose ${newer.join(', ')}`, {nextSteps: ['Remove the newer ones first, or clone the guest from the snapshot.']})
  }
  return {
    list,
    checkRollback,
    create: async (id, name) => {
      await runZfs(on, snapshotArgv('create', on.options, nameOf(on, id), checkSnapshotName(name)))
    },
    rollback: async (id, name) => {
      await checkRollback(id, name)
      await runZfs(on, snapshotArgv('rollback', on.options, nameOf(on, id), name))
    },
    remove: async (id, name) => {
      const all = await list(id)
      if (all.some((snapshot) => snapshot.name === checkSnapshotName(name))) await destroyWhenFree(on, snapshotArgv('remove', on.options, nameOf(on, id), name))
    },
  }
}

function templatesOf(on: DatasetOnHost): VolumeTemplates {
  const baseOf = (id: VolumeId) => flatBaseOf(id, parseZfsName(id.name))
  const hasBaseSnapshot = async (id: VolumeId) => (await zfsSnapshots(on, nameOf(on, id))).some(({name}) => name === baseSnapshot)
  return {
    baseOf,
    makeBase: async (id) => {
      await rename(on, id, baseOf(id))
      if (!await hasBaseSnapshot(baseOf(id))) await runZfs(on, snapshotArgv('create', on.options, nameOf(on, baseOf(id)), baseSnapshot))
      return baseOf(id)
    },
    unmakeBase: async (id) => {
      const base = baseOf(id)
      if (await findVolume(on, nameOf(on, base)) === undefined) return
      await checkNoClones(on, base)
      if (await hasBaseSnapshot(base)) await destroyWhenFree(on, snapshotArgv('remove', on.options, nameOf(on, base), baseSnapshot))
      await rename(on, base, id)
    },
    nextClone: async (base, vmid, taken) => {
      const {storage, name} = await nextDatasetName(on, vmid, parseZfsName(base.name).format === 'subvol' ? 'subvol' : 'raw', taken)
      return {storage, name: `${nameOf(on, base)}/${name}`}
    },
    clone: async (base, id) => {
      if (!parseZfsName(base.name).isBase) throw new ConflictError(`${formatVolumeId(base)} is no base: a linked clone needs a volume that is not written any more`)
      await runZfs(on, cloneArgv(on.options, nameOf(on, base), nameOf(on, id)), {diesWithUs: true})
      return existingVolume(on, id)
    },
  }
}

function commandsOf(on: DatasetOnHost, change: VolumeChange): readonly (readonly string[])[] {
  const {options} = on
  const name = (id: VolumeId) => nameOf(on, id)
  if ('create' in change) return [createArgv(on, name(change.create.id), change.create.want)]
  if ('remove' in change) return [destroyArgv(options, name(change.remove))]
  if ('resize' in change) return [resizeArgv(options, name(change.resize.id), parseZfsName(change.resize.id.name).format === 'subvol' ? 'subvol' : 'raw', change.resize.sizeBytes)]
  if ('rename' in change) return [renameArgv(options, name(change.rename.from), name(change.rename.to))]
  if ('snapshot' in change) return [snapshotArgv(change.snapshot, options, name(change.id), change.name)]
  if ('clone' in change) return [cloneArgv(options, name(change.clone.base), name(change.clone.id))]
  const base = name(flatBaseOf(change.makeBase, parseZfsName(change.makeBase.name)))
  return [renameArgv(options, name(change.makeBase), base), snapshotArgv('create', options, base, baseSnapshot)]
}

/** Waits for the device of a zvol. @throws NotFoundError when the volume is not there, UnavailableError when its device does not come */
async function attach(on: DatasetOnHost, id: VolumeId, snapshot: string | undefined): Promise<string> {
  const {host: {files}, clock, options} = on
  const volume = await existingVolume(on, id)
  if (volume.format === 'subvol') {
    if (snapshot === undefined) return pathOf(on, id)
    const place = `${pathOf(on, id)}/.zfs/snapshot/${checkSnapshotName(snapshot)}`
    // ZFS mounts a snapshot of a folder when something in it is looked for, and does so among the mounts of the host: whoever looks first from a mount space of
    // their own sees nothing (ELOOP). So it is looked into here.
    await files.stat(`${place}/looked-for`)
    return place
  }
  const path = devicePath(on, id, snapshot)
  if (snapshot !== undefined) await runZfs(on, snapshotDevicesArgv(options, volume.base, true))
  const endMs = clock.now() + deviceLimitMs
  while (await files.stat(path, {followLinks: true}) === undefined) {
    if (clock.now() >= endMs) throw new UnavailableError(`the device ${path} of ${formatVolumeId(id)} does not appear`, {nextSteps: ['Look whether udev runs: systemctl status systemd-udevd']})
    await clock.sleep(devicePollMs)
  }
  return path
}
