// A Ceph pool as a storage: making, listing, growing and removing the images that are disks of guests. rbd is run by pool.ts; here it meets the
// names of guests.
import {ConflictError, InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {checkTakesDisks} from '../content.ts'
import {checkNewFlatName, nextFlatName, parseFlatNameOrNothing} from '../flat-naming.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {NewVolume, Storage, StorageConfig, StorageSecret, StorageTraits, Usage, Volume, VolumeChange, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {blockdevOptions} from './access.ts'
import {rbdCommands} from './commands.ts'
import {attachDevice, detachDevice, letGoOfImage, ownDevices} from './devices.ts'
import {devicePath, parseRbdName, qemuName, rbdNaming} from './naming.ts'
import {readRbdOptions} from './options.ts'
import type {PoolOnHost} from './pool.ts'
import {change, exitCodes, findImage, images, lookUp, prepare, snapshotsOf, watchersOf} from './pool.ts'
import {baseSnapshot, createArgv, poolArgv, purgeArgv, removeArgv, renameArgv, resizeArgv, snapshotArgv, spaceArgv} from './rbd-argv.ts'
import type {RbdImage} from './report.ts'
import {parseNamespaces, parsePoolSpace} from './report.ts'
import {rbdSnapshots} from './snapshots.ts'
import {rbdTemplates} from './templates.ts'

/** @throws InvalidInputError when an option of the section is wrong */
export function openRbdStorage(config: StorageConfig, traits: StorageTraits, host: Host, secret: StorageSecret | undefined): Storage {
  const options = readRbdOptions(config, traits.defaultContent)
  const on: PoolOnHost = {host, storage: config.storage, options, secret}
  const place = {
    on, nameOf: (id: VolumeId) => nameOf(on, id), letGo: (id: VolumeId) => letGoOfImage(on, nameOf(on, id), pathOf(on, id)),
    volume: (id: VolumeId) => existingVolume(on, id), rename: (from: VolumeId, to: VolumeId) => rename(on, from, to),
    nextName: (vmid: number, taken: readonly string[]) => nextName(on, vmid, taken), checkNoClones: (id: VolumeId) => checkNoClones(on, id),
  }
  return {
    config, traits: {...traits, defaultContent: options.content},
    parseName: parseRbdName,
    activate: () => activate(on),
    usage: () => usage(on),
    list: async (content, vmid) => content.includes('images') ? listVolumes(on, vmid) : [],
    volume: (id) => existingVolume(on, id),
    exists: async (id) => (await findImage(on, nameOf(on, id))) !== undefined,
    nextName: (vmid, _format, taken) => nextName(on, vmid, taken),
    nameFor: (want) => ({storage: on.storage, name: checkNewFlatName(want, rbdNaming)}),
    commands: (wanted: VolumeChange) => rbdCommands(on, (id) => nameOf(on, id), wanted),
    create: (want) => create(on, want),
    checkRemovable: (id) => checkRemovable(on, id),
    remove: (id) => remove(on, id),
    resize: (id, sizeBytes) => resize(on, id, sizeBytes),
    rename: (from, to) => rename(on, from, to),
    snapshots: rbdSnapshots(place),
    templates: rbdTemplates(place),
    path: (id) => pathOf(on, id),
    blockSource: (id) => ({
      format: 'raw',
      protocol: options.isKernel ? {driver: 'host_device', filename: pathOf(on, id)} : {
        driver: 'rbd', pool: options.pool, ...options.namespace === undefined ? {} : {namespace: options.namespace}, image: nameOf(on, id), ...blockdevOptions(on),
      },
    }),
    imageName: (id, snapshot) => ({format: 'raw', path: pathOf(on, id, snapshot)}),
    leftovers: async () => [],
    attach: (id, snapshot) => attach(on, id, snapshot),
    detach: async (id, snapshot) => {
      if (options.isKernel) await detachDevice(on, pathOf(on, id, snapshot))
    },
  }
}

function nameOf({storage}: PoolOnHost, id: VolumeId): string {
  if (id.storage !== storage) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage}'`)
  return parseRbdName(id.name).base
}

function pathOf(on: PoolOnHost, id: VolumeId, snapshot?: string): string {
  const checked = snapshot === undefined ? undefined : checkSnapshotName(snapshot)
  return on.options.isKernel ? devicePath(on.options, nameOf(on, id), checked) : qemuName(on, nameOf(on, id), checked)
}

/** @throws UnavailableError when the cluster does not answer, or has no such pool or namespace */
async function activate(on: PoolOnHost): Promise<void> {
  const argv = poolArgv(on)
  const namespaces = parseNamespaces((await lookUp(on, argv)).stdout, {host: on.host.name, argv})
  const {namespace, pool} = on.options
  if (namespace !== undefined && !namespaces.includes(namespace)) {
    throw new UnavailableError(`storage '${on.storage}' is not there: the pool '${pool}' has no namespace '${namespace}'`, {nextSteps: [`Make it there: rbd namespace create ${pool}/${namespace}`]})
  }
}

async function usage(on: PoolOnHost): Promise<Usage> {
  try {
    const argv = spaceArgv(on)
    const space = parsePoolSpace((await lookUp(on, argv)).stdout, on.options.pool, {host: on.host.name, argv})
    if (space === undefined) return {...noUsage, reason: `storage '${on.storage}' is not there: the cluster tells nothing of a pool '${on.options.pool}'`}
    return {...space, totalBytes: space.usedBytes + space.availableBytes, isActive: true}
  } catch (error) {
    if (error instanceof UnavailableError) return {...noUsage, reason: error.message}
    throw error
  }
}

const noUsage: Usage = {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false}

/** Images that are no disks of guests are not ours to show. A clone's id holds its base. */
function described(storage: string, {name, sizeBytes, parent}: RbdImage): Volume[] {
  const isClone = parent?.snapshot === baseSnapshot
  const parsed = parseFlatNameOrNothing(isClone ? `${parent.image}/${name}` : name, rbdNaming) ?? parseFlatNameOrNothing(name, rbdNaming)
  if (parsed === undefined) return []
  return [{...parsed, id: {storage, name: parsed.parent === undefined ? name : `${parsed.parent}/${name}`}, sizeBytes}]
}

async function listVolumes(on: PoolOnHost, vmid: number | undefined): Promise<Volume[]> {
  const volumes = (await images(on)).flatMap((image) => described(on.storage, image))
  return volumes.filter((volume) => vmid === undefined || volume.vmid === vmid)
}

async function existingVolume(on: PoolOnHost, id: VolumeId): Promise<Volume> {
  const image = await findImage(on, nameOf(on, id))
  const [found] = image === undefined ? [] : described(on.storage, image)
  if (found !== undefined) return found
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
}

async function nextName(on: PoolOnHost, vmid: number, taken: readonly string[]): Promise<VolumeId> {
  const present = (await images(on)).map(({name}) => name)
  return {storage: on.storage, name: nextFlatName(vmid, 'raw', [...present, ...taken], on.storage)}
}

async function create(on: PoolOnHost, want: NewVolume): Promise<Volume> {
  const {options, storage} = on
  checkTakesDisks(storage, options.content)
  if (!Number.isSafeInteger(want.sizeBytes) || want.sizeBytes < 1) throw new InvalidInputError(`${want.sizeBytes} bytes are no size for a disk`, {size: 'must be at least 1'})
  const name = want.base === undefined ? (await nextName(on, want.vmid, [])).name : checkNewFlatName(want, rbdNaming)
  const {exitCode} = await change(on, createArgv(on, name, want.sizeBytes), {diesWithUs: true, okExitCodes: [0, exitCodes.exists]})
  if (exitCode !== 0) throw new ConflictError(`there is an image '${name}' in the pool '${options.pool}' already`)
  return existingVolume(on, {storage, name})
}

/** @throws ConflictError when clones stand on it */
async function checkNoClones(on: PoolOnHost, id: VolumeId): Promise<void> {
  const name = nameOf(on, id)
  const clone = (await images(on)).find(({parent}) => parent?.image === name && parent.snapshot === baseSnapshot)
  if (clone !== undefined) throw new ConflictError(`${formatVolumeId(id)} is in use: the linked clone ${on.storage}:${name}/${clone.name} stands on it`)
}

/** A device of this host may be there that nobody uses: whether that is so shows when it is taken away. */
async function checkRemovable(on: PoolOnHost, id: VolumeId): Promise<void> {
  if (parseRbdName(nameOf(on, id)).isBase) await checkNoClones(on, id)
  await checkNotOpen(on, id, await ownDevices(on, pathOf(on, id)))
}

/** @throws ConflictError when more have it open than may */
async function checkNotOpen(on: PoolOnHost, id: VolumeId, allowed: number): Promise<void> {
  const name = nameOf(on, id)
  if (await watchersOf(on, name) > allowed) {
    throw new ConflictError(`${formatVolumeId(id)} is in use`, {nextSteps: [`See by whom: rbd status ${on.options.pool}/${name}`, 'A client that died is forgotten after 30 s.']})
  }
}

async function remove(on: PoolOnHost, id: VolumeId): Promise<void> {
  const name = nameOf(on, id)
  if (parseRbdName(name).isBase) await checkNoClones(on, id)
  await letGoOfImage(on, name, pathOf(on, id))
  await checkNotOpen(on, id, 0)
  if (await findImage(on, name) === undefined) return
  const snapshots = await snapshotsOf(on, name)
  if (snapshots.some((snapshot) => snapshot.name === baseSnapshot)) {
    // One that is not protected answers that it cannot be given up.
    await change(on, snapshotArgv(on, 'unprotect', name, baseSnapshot), {okExitCodes: [0, exitCodes.notValid]})
  }
  if (snapshots.length > 0) await change(on, purgeArgv(on, name))
  try {
    await change(on, removeArgv(on, name), {okExitCodes: [0, exitCodes.notFound]})
  } catch (error) {
    if (error instanceof ToolError && error.failure.exitCode === exitCodes.busy) throw new ConflictError(`${formatVolumeId(id)} is in use`, {cause: error})
    throw error
  }
}

async function resize(on: PoolOnHost, id: VolumeId, sizeBytes: number): Promise<void> {
  const volume = await existingVolume(on, id)
  if (sizeBytes < volume.sizeBytes) {
    throw new InvalidInputError(`${formatVolumeId(id)} has ${volume.sizeBytes} bytes; disks can only be made larger`, {size: 'is smaller than the disk'})
  }
  if (sizeBytes > volume.sizeBytes) await change(on, resizeArgv(on, volume.base, sizeBytes))
}

async function rename(on: PoolOnHost, from: VolumeId, to: VolumeId): Promise<void> {
  const [oldName, newName] = [nameOf(on, from), nameOf(on, to)]
  if (oldName === newName) return
  // A device would keep the old name in its path.
  await letGoOfImage(on, oldName, pathOf(on, from))
  const {exitCode} = await change(on, renameArgv(on, oldName, newName), {okExitCodes: [0, exitCodes.exists, exitCodes.notFound]})
  if (exitCode === 0) return
  const [isThere, isTaken] = [await findImage(on, oldName) !== undefined, await findImage(on, newName) !== undefined]
  if (isThere && isTaken) throw new ConflictError(`there is a volume ${formatVolumeId(to)} already`)
  if (!isTaken) throw new NotFoundError(`there is no volume ${formatVolumeId(from)}`)
}

/** QEMU opens an image by itself; what it needs is looked after here. */
async function attach(on: PoolOnHost, id: VolumeId, snapshot: string | undefined): Promise<string> {
  const path = pathOf(on, id, snapshot)
  await prepare(on)
  if (await findImage(on, nameOf(on, id)) === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
  if (on.options.isKernel) await attachDevice(on, nameOf(on, id), snapshot, path)
  return path
}
