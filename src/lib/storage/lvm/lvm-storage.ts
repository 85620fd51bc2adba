// A volume group as a storage: making, listing, growing and removing the logical volumes that are disks of guests. Names are naming.ts's,
// lvm2 is run by group.ts, qcow2 images are those of image-volumes.ts; here they meet.
import type {Clock} from '../../base/index.ts'
import {ConflictError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {checkTakesDisks} from '../content.ts'
import {createImageArgv, resizeImageArgv} from '../dir/qemu-img.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {Format, NewVolume, Storage, StorageConfig, StorageTraits, Usage, Volume, VolumeChange, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {chainCommands, chainSnapshots, openChains} from './chain-snapshots.ts'
import type {DiskVolumes} from './disk-volumes.ts'
import {disksOf, volumesOf} from './disk-volumes.ts'
import type {LvmStorage} from './group.ts'
import {createLogicalVolume, extendLogicalVolume, logicalVolumes, runLvm, volumeGroup} from './group.ts'
import {activateDisk, checkImage, createImageVolume, deactivateDisk, diskVolumes, findDisk, growImage, makeRoomForImage, virtualSizeBytes} from './image-volumes.ts'
import {activateArgv, createArgv, deactivateArgv, devicePath, extendArgv, refreshArgv, renameArgv, retagArgv} from './lvm-argv.ts'
import {checkNewName, guestTag, numberInGroup, parseLvmVolumeName, sizeTag, snapshotVolume} from './naming.ts'
import {readLvmOptions} from './options.ts'
import {qcow2SpaceBytes} from './qcow2-space.ts'
import {removalArgvs, removeVolume} from './removal.ts'

/** More disks than any guest has; it ends the search when a group is full of odd names. */
const maxDiskNumber = 100_000

/** @throws InvalidInputError when an option of the section is wrong */
export function openLvmStorage(config: StorageConfig, traits: StorageTraits, host: Host, clock: Clock): Storage {
  const options = readLvmOptions(config, traits.defaultContent)
  const on: LvmStorage = {host, clock, storage: config.storage, group: options.volumeGroup, options}
  return {
    config, traits: {...traits, defaultContent: options.content, shared: options.shared, ...options.keepsChains ? chainTraits : {}},
    parseName: parseLvmVolumeName,
    activate: async () => { await volumeGroup(on) },
    usage: () => usage(on),
    list: async (content, vmid) => content.includes('images') ? listVolumes(on, vmid) : [],
    volume: (id) => existingVolume(on, id),
    exists: async (id) => (await findVolume(on, id)) !== undefined,
    nextName: (vmid, format, taken) => nextName(on, vmid, format, taken),
    nameFor: (want) => ({storage: on.storage, name: checkNewName(want, formatsOf(on))}),
    commands: (change) => commandsOf(on, change),
    create: (want) => create(on, want),
    checkRemovable: (id) => checkRemovable(on, id),
    remove: (id) => remove(on, id),
    resize: (id, sizeBytes) => resize(on, id, sizeBytes),
    makeRoom: (id, sizeBytes) => makeRoom(on, id, sizeBytes),
    ...(options.keepsChains ? {snapshots: chainSnapshots(on, (id) => nameOf(on, id)), openChains: openChains(on, (id) => nameOf(on, id))} : {}),
    rename: (from, to) => rename(on, from, to),
    path: (id) => pathOf(on, id),
    blockSource: (id) => ({protocol: {driver: 'host_device', filename: pathOf(on, id)}, format: formatOf(on, id)}),
    imageName: (id, snapshot) => ({path: snapshot === undefined ? pathOf(on, id) : snapshotPath(on, id, snapshot), format: formatOf(on, id)}),
    leftovers: async () => [],
    attach: (id, snapshot) => attach(on, id, snapshot),
    detach: (id) => detach(on, id),
  }
}

/** With the option snapshot-as-volume-chain. */
const chainTraits = {formats: ['raw', 'qcow2'], defaultFormat: 'qcow2', snapshotFormats: ['qcow2'], keepsChains: true, rollsBackToNewestOnly: true} as const satisfies Partial<StorageTraits>

function formatsOf({options}: LvmStorage): readonly Format[] {
  return options.keepsChains ? chainTraits.formats : ['raw']
}

function noSnapshots(): UnsupportedError {
  return new UnsupportedError('raw volumes in a volume group have neither snapshots nor linked clones')
}

function nameOf({storage}: LvmStorage, id: VolumeId): string {
  if (id.storage !== storage) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage}'`)
  return parseLvmVolumeName(id.name).base
}

function formatOf(on: LvmStorage, id: VolumeId): 'raw' | 'qcow2' {
  return parseLvmVolumeName(nameOf(on, id)).format === 'qcow2' ? 'qcow2' : 'raw'
}

function pathOf(on: LvmStorage, id: VolumeId): string {
  return devicePath(on.group, nameOf(on, id))
}

/** @throws UnsupportedError for a raw disk */
function snapshotPath(on: LvmStorage, id: VolumeId, snapshot: string): string {
  if (formatOf(on, id) === 'raw') throw noSnapshots()
  return devicePath(on.group, snapshotVolume(nameOf(on, id), checkSnapshotName(snapshot)))
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

/** undefined for a disk that the option tagged_only hides. */
async function described(on: LvmStorage, disk: DiskVolumes): Promise<Volume | undefined> {
  const {storage, options} = on
  const {name, head} = disk
  const parsed = parseLvmVolumeName(name)
  if (options.taggedOnly && !head.tags.includes(guestTag(parsed.vmid ?? 0))) return undefined
  const sizes = parsed.format === 'raw' ? {sizeBytes: head.sizeBytes}
    : {sizeBytes: await virtualSizeBytes(on, head), usedBytes: volumesOf(disk).reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)}
  return {...parsed, id: {storage, name}, ...sizes, ...(head.createdAtMs === undefined ? {} : {createdAtMs: head.createdAtMs})}
}

async function listVolumes(on: LvmStorage, vmid: number | undefined): Promise<Volume[]> {
  const disks = disksOf(await logicalVolumes(on)).filter(({name}) => vmid === undefined || parseLvmVolumeName(name).vmid === vmid)
  const volumes: (Volume | undefined)[] = []
  for (const disk of disks) volumes.push(await described(on, disk))
  return volumes.filter((volume) => volume !== undefined)
}

async function findVolume(on: LvmStorage, id: VolumeId): Promise<Volume | undefined> {
  const disk = await findDisk(on, nameOf(on, id))
  return disk === undefined ? undefined : described(on, disk)
}

async function existingVolume(on: LvmStorage, id: VolumeId): Promise<Volume> {
  const found = await findVolume(on, id)
  if (found !== undefined) return found
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
}

async function nextName(on: LvmStorage, vmid: number, format: Format, taken: readonly string[]): Promise<VolumeId> {
  // A name that is being overwritten counts as well: renaming a second volume to the same name would fail.
  const present = (await logicalVolumes(on)).map(({name}) => name)
  const used = new Set([...present, ...taken.map((name) => name.slice(name.lastIndexOf('/') + 1))].map((name) => numberInGroup(name, vmid)))
  for (let number = 0; number < maxDiskNumber; number++) {
    if (!used.has(number)) return {storage: on.storage, name: `vm-${vmid}-disk-${number}${format === 'qcow2' ? '.qcow2' : ''}`}
  }
  throw new ConflictError(`guest ${vmid} has ${maxDiskNumber} disks on storage '${on.storage}'`)
}

function commandsOf(on: LvmStorage, change: VolumeChange): readonly (readonly string[])[] {
  const {group} = on
  if ('create' in change) {
    const {id, want: {vmid, sizeBytes}} = change.create
    const name = nameOf(on, id)
    if (formatOf(on, id) === 'raw') return [createArgv(group, name, vmid, sizeBytes)]
    return [createArgv(group, name, vmid, qcow2SpaceBytes(sizeBytes), [sizeTag(sizeBytes)]), createImageArgv(devicePath(group, name), 'qcow2', sizeBytes, 'off')]
  }
  if ('rename' in change) {
    const [from, to] = [nameOf(on, change.rename.from), nameOf(on, change.rename.to)]
    return [renameArgv(group, from, to), ...retagArgvs(group, from, to)]
  }
  if ('snapshot' in change && formatOf(on, change.id) === 'qcow2') return chainCommands(on, change.snapshot, nameOf(on, change.id), checkSnapshotName(change.name))
  if ('resize' in change) {
    const {id, sizeBytes} = change.resize
    if (formatOf(on, id) === 'raw') return [extendArgv(group, nameOf(on, id), sizeBytes)]
    return [extendArgv(group, nameOf(on, id), qcow2SpaceBytes(sizeBytes)), resizeImageArgv(pathOf(on, id), 'qcow2', sizeBytes, 'off')]
  }
  if (!('remove' in change)) throw noSnapshots()
  return removalArgvs(on, nameOf(on, change.remove))
}

async function create(on: LvmStorage, want: NewVolume): Promise<Volume> {
  const {options, storage} = on
  checkTakesDisks(storage, options.content)
  if (!Number.isSafeInteger(want.sizeBytes) || want.sizeBytes < 1) throw new InvalidInputError(`${want.sizeBytes} bytes are no size for a disk`, {size: 'must be at least 1'})
  const name = want.base === undefined ? (await nextName(on, want.vmid, want.format, [])).name : checkNewName(want, formatsOf(on))
  const {vmid, sizeBytes} = want
  if (parseLvmVolumeName(name).format === 'qcow2') await createImageVolume(on, {name, vmid, sizeBytes})
  else await createLogicalVolume(on, {name, vmid, sizeBytes})
  const made = await existingVolume(on, {storage, name})
  // Other hosts see it too, and it is on only where its guest runs: what one has on, another may not change.
  if (on.options.shared) await runLvm(on, deactivateArgv(on.group, name))
  return made
}

/** @throws ConflictError while something has the device open: removing it would pull it out from under a guest */
async function checkRemovable(on: LvmStorage, id: VolumeId): Promise<void> {
  const disk = await findDisk(on, nameOf(on, id))
  if (disk !== undefined && volumesOf(disk).some(({isOpen}) => isOpen)) throw new ConflictError(`${formatVolumeId(id)} is in use on this host`, {nextSteps: [`See by what: lsof ${pathOf(on, id)}`]})
}

/** With its snapshots. The disk goes last: what an interrupted removal leaves is a disk, and can be removed. */
async function remove(on: LvmStorage, id: VolumeId): Promise<void> {
  await checkRemovable(on, id)
  const name = nameOf(on, id)
  const disk = await findDisk(on, name)
  const others = disk === undefined ? [] : volumesOf(disk).filter((volume) => volume !== disk.head)
  for (const volume of others) await removeVolume(on, volume.name)
  await removeVolume(on, disk?.head.name ?? name)
}

/** @throws InvalidInputError to make it smaller */
async function checkGrows(on: LvmStorage, id: VolumeId, sizeBytes: number): Promise<{readonly volume: Volume; readonly wantedBytes: number}> {
  const volume = await existingVolume(on, id)
  const {extentBytes} = await volumeGroup(on)
  const wantedBytes = volume.format === 'qcow2' ? sizeBytes : Math.ceil(sizeBytes / extentBytes) * extentBytes
  if (wantedBytes < volume.sizeBytes) {
    throw new InvalidInputError(`${formatVolumeId(id)} has ${volume.sizeBytes} bytes and cannot be made smaller`, {size: `must be at least ${volume.sizeBytes} bytes`})
  }
  return {volume, wantedBytes}
}

async function resize(on: LvmStorage, id: VolumeId, sizeBytes: number): Promise<void> {
  const {volume, wantedBytes} = await checkGrows(on, id, sizeBytes)
  // lvextend takes a size that the volume has already for a mistake.
  if (wantedBytes === volume.sizeBytes) return
  if (volume.format !== 'qcow2') {
    await extendLogicalVolume(on, nameOf(on, id), sizeBytes)
    return
  }
  const {name, head} = await activateDisk(on, id, nameOf(on, id))
  await makeRoomForImage(on, head, sizeBytes)
  await growImage(on, id, name, sizeBytes)
  if (on.options.shared) await deactivateDisk(on, name)
}

/** The image is grown by the QEMU that has it open, the volume below it here. */
async function makeRoom(on: LvmStorage, id: VolumeId, sizeBytes: number): Promise<void> {
  if (formatOf(on, id) === 'raw') {
    await resize(on, id, sizeBytes)
    return
  }
  await checkGrows(on, id, sizeBytes)
  await makeRoomForImage(on, (await diskVolumes(on, id, nameOf(on, id))).head, sizeBytes)
}

async function rename(on: LvmStorage, from: VolumeId, to: VolumeId): Promise<void> {
  const [oldName, newName] = [nameOf(on, from), nameOf(on, to)]
  if (oldName === newName) return
  if (formatOf(on, from) !== formatOf(on, to)) throw new InvalidInputError(`another name does not make ${formatVolumeId(from)} a disk of format ${formatOf(on, to)}`)
  const [old, taken] = [await findDisk(on, oldName), await findDisk(on, newName)]
  if (old !== undefined && old.snapshots.length > 0) throw new ConflictError(`${formatVolumeId(from)} has snapshots, which are named after it`, {nextSteps: ['Remove them first.']})
  if (old !== undefined && taken !== undefined) throw new ConflictError(`there is a volume ${formatVolumeId(to)} already`)
  if (old === undefined && taken === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(from)}`)
  if (old !== undefined) await runLvm(on, renameArgv(on.group, old.head.name, newName))
  for (const argv of retagArgvs(on.group, oldName, newName)) await runLvm(on, argv)
}

/** The tag says whose a volume is. */
function retagArgvs(group: string, from: string, to: string): string[][] {
  const [before, after] = [parseLvmVolumeName(from).vmid, parseLvmVolumeName(to).vmid]
  return before === after || before === undefined || after === undefined ? [] : [retagArgv(group, to, before, after)]
}

/** @throws NotFoundError; ForbiddenError for an image that names what is no disk of this group */
async function attach(on: LvmStorage, id: VolumeId, snapshot: string | undefined): Promise<string> {
  const name = nameOf(on, id)
  if (formatOf(on, id) === 'raw') {
    if (snapshot !== undefined) throw noSnapshots()
    await runLvm(on, activateArgv(on.group, name))
    if (on.options.shared) await runLvm(on, refreshArgv(on.group, name))
    return pathOf(on, id)
  }
  const disk = await activateDisk(on, id, name)
  await checkImage(on, name)
  if (snapshot === undefined) return pathOf(on, id)
  if (!disk.snapshots.some((each) => each.name === snapshot)) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${snapshot}'`)
  return snapshotPath(on, id, snapshot)
}

/** A volume that is gone is off already. */
async function detach(on: LvmStorage, id: VolumeId): Promise<void> {
  await deactivateDisk(on, nameOf(on, id))
}
