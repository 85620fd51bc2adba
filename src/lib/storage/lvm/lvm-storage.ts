// A volume group as a storage: making, listing, growing and removing the logical volumes that are disks of guests. Names are naming.ts's,
// lvm2 is run by group.ts; here they meet.
import type {Clock} from '../../base/index.ts'
import {ConflictError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {checkTakesDisks} from '../content.ts'
import {diskNumber} from '../naming.ts'
import type {NewVolume, Storage, StorageConfig, StorageTraits, Usage, Volume, VolumeChange, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {GroupOnHost} from './group.ts'
import {createLogicalVolume, extendLogicalVolume, logicalVolumes, runLvm, volumeGroup} from './group.ts'
import {activateArgv, createArgv, deactivateArgv, devicePath, extendArgv, refreshArgv, removeArgv, renameArgv, retagArgv, zeroArgv} from './lvm-argv.ts'
import {checkNewName, guestTag, nameWhileRemoved, parseLvmVolumeName} from './naming.ts'
import type {LvmOptions} from './options.ts'
import {readLvmOptions} from './options.ts'
import type {OverwriteOptions} from './overwrite.ts'
import {overwriteDevice} from './overwrite.ts'
import type {LogicalVolume} from './report.ts'

/** More disks than any guest has; it ends the search when a group is full of odd names. */
const maxDiskNumber = 100_000

interface LvmStorage extends GroupOnHost { readonly clock: Clock; readonly options: LvmOptions }

/** @throws InvalidInputError when an option of the section is wrong */
export function openLvmStorage(config: StorageConfig, traits: StorageTraits, host: Host, clock: Clock): Storage {
  const options = readLvmOptions(config, traits.defaultContent)
  const on: LvmStorage = {host, clock, storage: config.storage, group: options.volumeGroup, options}
  return {
    config, traits: {...traits, defaultContent: options.content, shared: options.shared},
    parseName: parseLvmVolumeName,
    activate: async () => { await volumeGroup(on) },
    usage: () => usage(on),
    list: async (content, vmid) => content.includes('images') ? listVolumes(on, vmid) : [],
    volume: (id) => existingVolume(on, id),
    exists: async (id) => (await findVolume(on, id)) !== undefined,
    nextName: (vmid, _format, taken) => nextName(on, vmid, taken),
    nameFor: (want) => ({storage: on.storage, name: checkNewName(want)}),
    commands: (change) => commandsOf(on, change),
    create: (want) => create(on, want),
    checkRemovable: (id) => checkRemovable(on, id),
    remove: (id) => remove(on, id),
    resize: (id, sizeBytes) => resize(on, id, sizeBytes),
    rename: (from, to) => rename(on, from, to),
    path: (id) => pathOf(on, id),
    blockSource: (id) => ({protocol: {driver: 'host_device', filename: pathOf(on, id)}, format: 'raw'}),
    imageName: (id, snapshot) => {
      if (snapshot !== undefined) throw noSnapshots()
      return {path: pathOf(on, id), format: 'raw'}
    },
    leftovers: async () => [],
    attach: async (id, snapshot) => {
      if (snapshot !== undefined) throw noSnapshots()
      await runLvm(on, activateArgv(on.group, nameOf(on, id)))
      if (options.shared) await runLvm(on, refreshArgv(on.group, nameOf(on, id)))
      return pathOf(on, id)
    },
    detach: (id) => detach(on, id),
  }
}

function noSnapshots(): UnsupportedError {
  return new UnsupportedError('volumes in a volume group have neither snapshots nor linked clones')
}

function nameOf({storage}: LvmStorage, id: VolumeId): string {
  if (id.storage !== storage) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage}'`)
  return parseLvmVolumeName(id.name).base
}

function pathOf(on: LvmStorage, id: VolumeId): string {
  return devicePath(on.group, nameOf(on, id))
}

async function usage(on: LvmStorage): Promise<Usage> {
  try {
    const {totalBytes, freeBytes} = await volumeGroup(on)
    return {totalBytes, usedBytes: totalBytes - freeBytes, availableBytes: freeBytes, isActive: true}
  } catch (error) {
    if (error instanceof UnavailableError) return {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false, reason: error.message}
    throw error
  }
}

/** Logical volumes that are no disks of guests are not ours to show. */
function described({storage, options}: LvmStorage, found: LogicalVolume): Volume[] {
  const {name, sizeBytes, createdAtMs, tags} = found
  let parsed
  try {
    parsed = parseLvmVolumeName(name)
  } catch {
    return []
  }
  if (options.taggedOnly && !tags.includes(guestTag(parsed.vmid ?? 0))) return []
  return [{...parsed, id: {storage, name}, sizeBytes, ...(createdAtMs === undefined ? {} : {createdAtMs})}]
}

async function listVolumes(on: LvmStorage, vmid: number | undefined): Promise<Volume[]> {
  const volumes = (await logicalVolumes(on)).flatMap((found) => described(on, found))
  return volumes.filter((volume) => vmid === undefined || volume.vmid === vmid)
}

async function findVolume(on: LvmStorage, id: VolumeId): Promise<Volume | undefined> {
  return (await logicalVolumes(on, nameOf(on, id))).flatMap((found) => described(on, found))[0]
}

async function existingVolume(on: LvmStorage, id: VolumeId): Promise<Volume> {
  const found = await findVolume(on, id)
  if (found !== undefined) return found
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
}

async function nextName(on: LvmStorage, vmid: number, taken: readonly string[]): Promise<VolumeId> {
  // A name that is being overwritten counts as well: renaming a second volume to the same name would fail.
  const present = (await logicalVolumes(on)).map(({name}) => name.replace(/^del-/, ''))
  const used = new Set([...present, ...taken.map((name) => name.slice(name.lastIndexOf('/') + 1))].map((name) => diskNumber(name, vmid)))
  for (let number = 0; number < maxDiskNumber; number++) {
    if (!used.has(number)) return {storage: on.storage, name: `vm-${vmid}-disk-${number}`}
  }
  throw new ConflictError(`guest ${vmid} has ${maxDiskNumber} disks on storage '${on.storage}'`)
}

function commandsOf({group, options, ...on}: LvmStorage, change: VolumeChange): readonly (readonly string[])[] {
  const name = (id: VolumeId) => nameOf({group, options, ...on}, id)
  if ('create' in change) {
    const {id, want} = change.create
    return [createArgv(group, name(id), want.vmid, want.sizeBytes)]
  }
  if ('rename' in change) return [renameArgv(group, name(change.rename.from), name(change.rename.to)), ...retagArgvs(group, name(change.rename.from), name(change.rename.to))]
  if (!('remove' in change) && !('resize' in change)) throw noSnapshots()
  if ('resize' in change) return [extendArgv(group, name(change.resize.id), change.resize.sizeBytes)]
  const volume = name(change.remove)
  if (options.overwrite === undefined) return [removeArgv(group, volume)]
  const aside = nameWhileRemoved(volume)
  return [renameArgv(group, volume, aside), activateArgv(group, aside), zeroArgv(devicePath(group, aside), options.overwrite.stepBytes), removeArgv(group, aside)]
}

async function create(on: LvmStorage, want: NewVolume): Promise<Volume> {
  const {options, storage} = on
  checkTakesDisks(storage, options.content)
  if (!Number.isSafeInteger(want.sizeBytes) || want.sizeBytes < 1) throw new InvalidInputError(`${want.sizeBytes} bytes are no size for a disk`, {size: 'must be at least 1'})
  const name = want.base === undefined ? (await nextName(on, want.vmid, [])).name : checkNewName(want)
  await createLogicalVolume(on, {name, vmid: want.vmid, sizeBytes: want.sizeBytes})
  // Other hosts see it too, and it is on only where its guest runs: what one has on, another may not change.
  if (on.options.shared) await runLvm(on, deactivateArgv(on.group, name))
  return existingVolume(on, {storage, name})
}

/** @throws ConflictError while something has the device open: removing it would pull it out from under a guest */
async function checkRemovable(on: LvmStorage, id: VolumeId): Promise<void> {
  const found = (await logicalVolumes(on, nameOf(on, id)))[0]
  if (found?.isOpen === true) throw new ConflictError(`${formatVolumeId(id)} is in use on this host`, {nextSteps: [`See by what: lsof ${pathOf(on, id)}`]})
}

async function remove(on: LvmStorage, id: VolumeId): Promise<void> {
  const {group, options: {overwrite}} = on
  await checkRemovable(on, id)
  const name = nameOf(on, id)
  const isThere = (await logicalVolumes(on, name)).length > 0
  if (overwrite === undefined) {
    if (isThere) await runLvm(on, removeArgv(group, name))
    return
  }
  // What an interrupted removal of the same name has left is gone on with first, because its name is needed.
  const aside = nameWhileRemoved(name)
  await overwriteAndRemove(on, aside, overwrite)
  if (!isThere) return
  await runLvm(on, renameArgv(group, name, aside))
  await overwriteAndRemove(on, aside, overwrite)
}

async function overwriteAndRemove(on: LvmStorage, name: string, overwrite: OverwriteOptions): Promise<void> {
  const [found] = await logicalVolumes(on, name)
  if (found === undefined) return
  await runLvm(on, activateArgv(on.group, name))
  await overwriteDevice(on, devicePath(on.group, name), found.sizeBytes, overwrite)
  await runLvm(on, removeArgv(on.group, name))
}

async function resize(on: LvmStorage, id: VolumeId, sizeBytes: number): Promise<void> {
  const volume = await existingVolume(on, id)
  const {extentBytes} = await volumeGroup(on)
  const wantedBytes = Math.ceil(sizeBytes / extentBytes) * extentBytes
  if (wantedBytes < volume.sizeBytes) {
    throw new InvalidInputError(`${formatVolumeId(id)} has ${volume.sizeBytes} bytes and cannot be made smaller`, {size: `must be at least ${volume.sizeBytes} bytes`})
  }
  // lvextend takes a size that the volume has already for a mistake.
  if (wantedBytes > volume.sizeBytes) await extendLogicalVolume(on, nameOf(on, id), sizeBytes)
}

async function rename(on: LvmStorage, from: VolumeId, to: VolumeId): Promise<void> {
  const [oldName, newName] = [nameOf(on, from), nameOf(on, to)]
  if (oldName === newName) return
  const isThere = (await logicalVolumes(on, oldName)).length > 0
  const isTaken = (await logicalVolumes(on, newName)).length > 0
  if (isThere && isTaken) throw new ConflictError(`there is a volume ${formatVolumeId(to)} already`)
  if (!isThere && !isTaken) throw new NotFoundError(`there is no volume ${formatVolumeId(from)}`)
  if (isThere) await runLvm(on, renameArgv(on.group, oldName, newName))
  for (const argv of retagArgvs(on.group, oldName, newName)) await runLvm(on, argv)
}

/** The tag says whose a volume is. */
function retagArgvs(group: string, from: string, to: string): string[][] {
  const [before, after] = [parseLvmVolumeName(from).vmid, parseLvmVolumeName(to).vmid]
  return before === after || before === undefined || after === undefined ? [] : [retagArgv(group, to, before, after)]
}

/** A volume that is gone is off already. */
async function detach(on: LvmStorage, id: VolumeId): Promise<void> {
  const found = (await logicalVolumes(on, nameOf(on, id)))[0]
  if (found !== undefined && !found.isOpen) await runLvm(on, deactivateArgv(on.group, found.name))
}
