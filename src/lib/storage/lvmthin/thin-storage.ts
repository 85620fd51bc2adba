// A thin pool as a storage: making, listing, growing and removing the thin volumes that are disks of guests. lvm2 is run by lvm/group.ts; here it
// meets the names of guests.
import {ConflictError, InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {checkTakesDisks} from '../content.ts'
import {checkNewFlatName, flatBaseOf, nextFlatName, parseFlatNameOrNothing} from '../flat-naming.ts'
import type {GroupOnHost} from '../lvm/group.ts'
import {extendLogicalVolume, runLvm} from '../lvm/group.ts'
import {activateArgv, deactivateArgv, devicePath, extendArgv, removeArgv, renameArgv} from '../lvm/lvm-argv.ts'
import type {NewVolume, Storage, StorageConfig, StorageTraits, Usage, Volume, VolumeChange, VolumeId, VolumeSnapshots, VolumeTemplates} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {parseThinName, rollbackVolume, snapshotOf, snapshotVolume, thinNaming} from './naming.ts'
import type {ThinOptions} from './options.ts'
import {readThinOptions} from './options.ts'
import type {ThinVolume} from './report.ts'
import {parseThinVolumes} from './report.ts'
import {createArgv, listArgv, permissionArgv, snapshotArgv} from './thin-argv.ts'

/** A look that takes longer means that a disk does not answer. */
const lookTimeoutMs = 30_000
/** A group with some ten thousand volumes. */
const maxReportBytes = 16 * 1024 * 1024

interface ThinStorage extends GroupOnHost { readonly options: ThinOptions }

/** @throws InvalidInputError when an option of the section is wrong */
export function openThinStorage(config: StorageConfig, traits: StorageTraits, host: Host): Storage {
  const options = readThinOptions(config, traits.defaultContent)
  const on: ThinStorage = {host, storage: config.storage, group: options.volumeGroup, options}
  return {
    config, traits: {...traits, defaultContent: options.content},
    parseName: parseThinName,
    activate: async () => { await thinPool(on) },
    usage: () => usage(on),
    list: async (content, vmid) => content.includes('images') ? listVolumes(on, vmid) : [],
    volume: (id) => existingVolume(on, id),
    exists: async (id) => (await find(on, nameOf(on, id))) !== undefined,
    nextName: (vmid, _format, taken) => nextName(on, vmid, taken),
    nameFor: (want) => ({storage: on.storage, name: checkNewFlatName(want, thinNaming)}),
    commands: (change) => commandsOf(on, change),
    create: (want) => create(on, want),
    checkRemovable: (id) => checkRemovable(on, id),
    remove: (id) => remove(on, id),
    resize: (id, sizeBytes) => resize(on, id, sizeBytes),
    rename: (from, to) => rename(on, from, to),
    snapshots: snapshotsIn(on),
    templates: templatesIn(on),
    path: (id) => devicePath(on.group, nameOf(on, id)),
    blockSource: (id) => ({protocol: {driver: 'host_device', filename: devicePath(on.group, nameOf(on, id))}, format: 'raw'}),
    imageName: (id, snapshot) => ({format: 'raw', path: devicePath(on.group, volumeOf(on, id, snapshot))}),
    leftovers: async () => [],
    attach: async (id, snapshot) => {
      const name = volumeOf(on, id, snapshot)
      await runLvm(on, activateArgv(on.group, name))
      return devicePath(on.group, name)
    },
    detach: async (id, snapshot) => {
      const found = await find(on, volumeOf(on, id, snapshot))
      if (found !== undefined && !found.isOpen) await runLvm(on, deactivateArgv(on.group, found.name))
    },
  }
}

function nameOf({storage}: ThinStorage, id: VolumeId): string {
  if (id.storage !== storage) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage}'`)
  return parseThinName(id.name).base
}

/** The logical volume of a disk, or of a snapshot of it. */
function volumeOf(on: ThinStorage, id: VolumeId, snapshot: string | undefined): string {
  const name = nameOf(on, id)
  return snapshot === undefined ? name : snapshotVolume(name, snapshot)
}

/** One call tells all: the pool, its volumes and their snapshots. */
async function inGroup(on: ThinStorage): Promise<ThinVolume[]> {
  const argv = listArgv(on.group)
  return parseThinVolumes(await runLvm(on, argv, {timeoutMs: lookTimeoutMs, maxOutputBytes: maxReportBytes}), {host: on.host.name, argv})
}

async function inPool(on: ThinStorage): Promise<ThinVolume[]> {
  return (await inGroup(on)).filter(({pool}) => pool === on.options.thinPool)
}

async function find(on: ThinStorage, name: string): Promise<ThinVolume | undefined> {
  return (await inPool(on)).find((volume) => volume.name === name)
}

/** @throws UnavailableError when the group or the pool is not there */
async function thinPool(on: ThinStorage): Promise<ThinVolume> {
  const {group, storage, options: {thinPool: pool}} = on
  const found = (await inGroup(on)).find(({name}) => name === pool)
  if (found !== undefined) return found
  throw new UnavailableError(`storage '${storage}' is not there: the volume group '${group}' has no thin pool '${pool}'`, {nextSteps: [`See what it has: lvs ${group}`, `Make it: lvcreate --type thin-pool -l 90%FREE -n ${pool} ${group}`]})
}

async function usage(on: ThinStorage): Promise<Usage> {
  try {
    const {sizeBytes, dataPercent} = await thinPool(on)
    const usedBytes = Math.min(sizeBytes, Math.round(sizeBytes * dataPercent / 100))
    return {totalBytes: sizeBytes, usedBytes, availableBytes: sizeBytes - usedBytes, isActive: true}
  } catch (error) {
    if (error instanceof UnavailableError) return {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false, reason: error.message}
    throw error
  }
}

/** Volumes that are no disks of guests are not ours to show. */
function described(storage: string, {name, sizeBytes, createdAtMs}: ThinVolume): Volume[] {
  const parsed = parseFlatNameOrNothing(name, thinNaming)
  return parsed === undefined ? [] : [{...parsed, id: {storage, name}, sizeBytes, ...(createdAtMs === undefined ? {} : {createdAtMs})}]
}

async function listVolumes(on: ThinStorage, vmid: number | undefined): Promise<Volume[]> {
  return (await inPool(on)).flatMap((volume) => described(on.storage, volume)).filter((volume) => vmid === undefined || volume.vmid === vmid)
}

async function existing(on: ThinStorage, id: VolumeId): Promise<ThinVolume> {
  const found = await find(on, nameOf(on, id))
  if (found !== undefined) return found
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
}

async function existingVolume(on: ThinStorage, id: VolumeId): Promise<Volume> {
  const [volume] = described(on.storage, await existing(on, id))
  if (volume !== undefined) return volume
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`)
}

async function nextName(on: ThinStorage, vmid: number, taken: readonly string[]): Promise<VolumeId> {
  // Names are one for the whole group: another pool in it may have this one.
  const present = (await inGroup(on)).map(({name}) => name.replace(/^rollback_/, ''))
  return {storage: on.storage, name: nextFlatName(vmid, 'raw', [...present, ...taken], on.storage)}
}

/** @throws ConflictError when the name is taken, and then nothing was touched; UnavailableError when the pool is full */
async function makeVolume(on: ThinStorage, argv: readonly string[], name: string): Promise<void> {
  try {
    // A new volume is in nobody's use, so that killing lvcreate harms nobody; a survivor would make it again after the undo.
    await runLvm(on, argv, {diesWithUs: true})
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    if (/already exists in volume group/.test(error.failure.stderr)) throw new ConflictError(`there is a logical volume ${on.group}/${name} already`, {cause: error})
    if (/free space in thin pool|insufficient free space|reached threshold|overprovision/i.test(error.failure.stderr)) {
      throw new UnavailableError(`storage '${on.storage}' has not enough space`, {cause: error, nextSteps: [`See how full it is: lvs ${on.group}/${on.options.thinPool}`, `Make it larger: lvextend -L +10G ${on.group}/${on.options.thinPool}`]})
    }
    throw error
  }
}

async function create(on: ThinStorage, want: NewVolume): Promise<Volume> {
  checkTakesDisks(on.storage, on.options.content)
  if (!Number.isSafeInteger(want.sizeBytes) || want.sizeBytes < 1) throw new InvalidInputError(`${want.sizeBytes} bytes are no size for a disk`, {size: 'must be at least 1'})
  const name = want.base === undefined ? (await nextName(on, want.vmid, [])).name : checkNewFlatName(want, thinNaming)
  await makeVolume(on, createArgv(on.group, on.options.thinPool, name, want.sizeBytes), name)
  return existingVolume(on, {storage: on.storage, name})
}

/** @throws ConflictError while something has the device open: removing it would pull it out from under a guest */
async function checkRemovable(on: ThinStorage, id: VolumeId): Promise<void> {
  if ((await find(on, nameOf(on, id)))?.isOpen === true) throw inUse(id)
}

function inUse(id: VolumeId): ConflictError {
  return new ConflictError(`${formatVolumeId(id)} is in use`)
}

/** The disk with its snapshots, and what an interrupted rollback left. */
async function remove(on: ThinStorage, id: VolumeId): Promise<void> {
  const name = nameOf(on, id)
  const all = await inPool(on)
  const doomed = all.filter((volume) => volume.name === name || volume.name === rollbackVolume(name) || snapshotOf(volume.name, name) !== undefined)
  if (doomed.some(({isOpen}) => isOpen)) throw inUse(id)
  // The disk last, so that it is still known whose the snapshots are when this is interrupted.
  for (const volume of doomed.toSorted((a, b) => Number(a.name === name) - Number(b.name === name))) await runLvm(on, removeArgv(on.group, volume.name))
}

async function resize(on: ThinStorage, id: VolumeId, sizeBytes: number): Promise<void> {
  const volume = await existing(on, id)
  if (sizeBytes < volume.sizeBytes) throw new InvalidInputError(`${formatVolumeId(id)} has ${volume.sizeBytes} bytes and cannot be made smaller`, {size: `must be at least ${volume.sizeBytes} bytes`})
  if (sizeBytes > volume.sizeBytes) await extendLogicalVolume(on, volume.name, sizeBytes)
}

async function rename(on: ThinStorage, from: VolumeId, to: VolumeId): Promise<void> {
  const [oldName, newName] = [nameOf(on, from), nameOf(on, to)]
  if (oldName === newName) return
  const all = await inPool(on)
  const [isThere, isTaken] = [all.some(({name}) => name === oldName), all.some(({name}) => name === newName)]
  if (isThere && isTaken) throw new ConflictError(`there is a volume ${formatVolumeId(to)} already`)
  if (!isThere && !isTaken) throw new NotFoundError(`there is no volume ${formatVolumeId(from)}`)
  if (!isThere) return
  if (all.some(({name}) => snapshotOf(name, oldName) !== undefined)) throw new ConflictError(`${formatVolumeId(from)} has snapshots, which are named after it`, {nextSteps: ['Remove them first.']})
  await runLvm(on, renameArgv(on.group, oldName, newName))
}

function snapshotsIn(on: ThinStorage): VolumeSnapshots {
  const has = async (name: string) => (await find(on, name)) !== undefined
  return {
    list: async (id) => {
      const name = nameOf(on, id)
      await existing(on, id)
      return (await inPool(on)).flatMap((volume) => {
        const snapshot = snapshotOf(volume.name, name)
        return snapshot === undefined ? [] : [{name: snapshot, createdAtMs: volume.createdAtMs ?? 0}]
      }).toSorted((a, b) => a.createdAtMs - b.createdAtMs)
    },
    create: async (id, snapshot) => {
      const name = snapshotVolume(nameOf(on, id), snapshot)
      await existing(on, id)
      if (await has(name)) throw new ConflictError(`${formatVolumeId(id)} has a snapshot '${snapshot}' already`)
      await makeVolume(on, snapshotArgv(on.group, nameOf(on, id), name, {readOnly: true}), name)
    },
    rollback: async (id, snapshot) => rollback(on, id, snapshot),
    remove: async (id, snapshot) => {
      const name = snapshotVolume(nameOf(on, id), snapshot)
      if (await has(name)) await runLvm(on, removeArgv(on.group, name))
    },
  }
}

/** A copy of the snapshot takes the disk's place. One that was killed before it did is gone on with by the next call. */
async function rollback(on: ThinStorage, id: VolumeId, snapshot: string): Promise<void> {
  const name = nameOf(on, id)
  const [source, copy] = [snapshotVolume(name, snapshot), rollbackVolume(name)]
  const all = await inPool(on)
  if (!all.some((volume) => volume.name === source)) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${snapshot}'`)
  const disk = all.find((volume) => volume.name === name)
  if (disk?.isOpen === true) throw inUse(id)
  if (all.some((volume) => volume.name === copy)) await runLvm(on, removeArgv(on.group, copy))
  await makeVolume(on, snapshotArgv(on.group, source, copy, {readOnly: false}), copy)
  if (disk !== undefined) await runLvm(on, removeArgv(on.group, name))
  await runLvm(on, renameArgv(on.group, copy, name))
}

function templatesIn(on: ThinStorage): VolumeTemplates {
  const baseOf = (id: VolumeId) => flatBaseOf(id, parseThinName(id.name))
  return {
    baseOf,
    makeBase: async (id) => {
      const base = baseOf(id)
      await rename(on, id, base)
      if (!(await existing(on, base)).isReadOnly) await runLvm(on, permissionArgv(on.group, nameOf(on, base), 'r'))
      return base
    },
    unmakeBase: async (id) => {
      const base = baseOf(id)
      const found = await find(on, nameOf(on, base))
      if (found === undefined) return
      if (found.isReadOnly) await runLvm(on, permissionArgv(on.group, found.name, 'rw'))
      await rename(on, base, id)
    },
    nextClone: (_base, vmid, taken) => nextName(on, vmid, taken),
    clone: async (base, id) => {
      if (!parseThinName(base.name).isBase) throw new ConflictError(`${formatVolumeId(base)} is no base: a linked clone needs a volume that is not written any more`)
      await existing(on, base)
      await makeVolume(on, snapshotArgv(on.group, nameOf(on, base), nameOf(on, id), {readOnly: false}), nameOf(on, id))
      return existingVolume(on, id)
    },
  }
}

function commandsOf(on: ThinStorage, change: VolumeChange): readonly (readonly string[])[] {
  const {group, options: {thinPool: pool}} = on
  const name = (id: VolumeId) => nameOf(on, id)
  if ('create' in change) return [createArgv(group, pool, name(change.create.id), change.create.want.sizeBytes)]
  if ('remove' in change) return [removeArgv(group, name(change.remove))]
  if ('resize' in change) return [extendArgv(group, name(change.resize.id), change.resize.sizeBytes)]
  if ('rename' in change) return [renameArgv(group, name(change.rename.from), name(change.rename.to))]
  if ('clone' in change) return [snapshotArgv(group, name(change.clone.base), name(change.clone.id), {readOnly: false})]
  if ('makeBase' in change) {
    const base = name(flatBaseOf(change.makeBase, parseThinName(change.makeBase.name)))
    return [renameArgv(group, name(change.makeBase), base), permissionArgv(group, base, 'r')]
  }
  const [disk, snapshot] = [name(change.id), snapshotVolume(name(change.id), change.name)]
  switch (change.snapshot) {
    case 'create': return [snapshotArgv(group, disk, snapshot, {readOnly: true})]
    case 'remove': return [removeArgv(group, snapshot)]
    case 'rollback': return [snapshotArgv(group, snapshot, rollbackVolume(disk), {readOnly: false}), removeArgv(group, disk), renameArgv(group, rollbackVolume(disk), disk)]
  }
}
