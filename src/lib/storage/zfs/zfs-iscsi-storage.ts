// A ZFS dataset of another host as a storage: its volumes are made over SSH, exported as LUNs, and opened by QEMU over iSCSI. What zfs is told is
// zfspool's; which LUN a volume is, exported-volumes.ts knows.
import type {Clock} from '../../base/index.ts'
import {ConflictError, InvalidInputError, NotFoundError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {checkTakesDisks} from '../content.ts'
import {checkNewFlatName, flatBaseOf} from '../flat-naming.ts'
import {lunImageName, lunUrl} from '../iscsi-target.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {NewVolume, Storage, StorageConfig, StorageSecret, StorageTraits, Volume, VolumeChange, VolumeId, VolumeSnapshots, VolumeTemplates} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {datasetMissing, destroyWhenFree, findVolume, lookUp, runZfs, zfsSnapshots, zfsVolumes} from '../zfspool/dataset.ts'
import {datasetUsage, datasetVolume, datasetVolumes, nextDatasetName} from '../zfspool/guest-volumes.ts'
import {baseSnapshot, cloneArgv, createVolumeArgv, destroyArgv, renameArgv, resizeArgv, snapshotArgv, snapshotDevicesArgv, spaceArgv, volumeSize} from '../zfspool/zfs-argv.ts'
import type {ZfsIscsiStorage} from './exported-volumes.ts'
import {devicePath, ensureExported, exportNew, exportedGrown, exportedLuns, locate, providerOf, unexport, unitName} from './exported-volumes.ts'
import {parseZfsIscsiName, zfsIscsiNaming} from './naming.ts'
import {readZfsIscsiOptions} from './options.ts'
import {onServer, sshArgv} from './server.ts'

/** @throws InvalidInputError when an option of the section is wrong */
export function openZfsIscsiStorage(config: StorageConfig, traits: StorageTraits, host: Host, clock: Clock, secret: StorageSecret | undefined): Storage {
  const options = readZfsIscsiOptions(config, traits.defaultContent)
  const on: ZfsIscsiStorage = {
    local: host, clock, host: onServer(host, {portal: options.portal, secret}), storage: config.storage, options, secret, known: new Map(), initiator: undefined, lastTurn: Promise.resolve(),
  }
  return {
    config, traits: {...traits, defaultContent: options.content},
    parseName: parseZfsIscsiName,
    activate: () => activate(on),
    usage: () => datasetUsage(on),
    list: async (content, vmid) => content.includes('images') ? datasetVolumes(on, zfsIscsiNaming, vmid) : [],
    volume: (id) => existingVolume(on, id),
    exists: async (id) => (await findVolume(on, nameOf(on, id))) !== undefined,
    nextName: (vmid, _format, taken) => nextDatasetName(on, vmid, 'raw', taken),
    nameFor: (want) => ({storage: on.storage, name: checkNewFlatName(want, zfsIscsiNaming)}),
    commands: (change) => commandsOf(on, change).map((argv) => sshArgv({portal: options.portal, secret}, argv)),
    create: (want) => create(on, want),
    checkRemovable: async (id) => { await checkNoClones(on, id) },
    remove: (id) => remove(on, id),
    resize: (id, sizeBytes) => resize(on, id, sizeBytes),
    rename: (from, to) => rename(on, from, to),
    snapshots: snapshotsOf(on),
    templates: templatesOf(on),
    locate: (id) => locate(on, nameOf(on, id)),
    path: (id) => urlOf(on, nameOf(on, id)),
    blockSource: (id) => ({protocol: {driver: 'iscsi', transport: 'tcp', portal: options.portal, target: options.target, lun: on.known.get(nameOf(on, id)) ?? unknownLun}, format: 'raw'}),
    imageName: (id, snapshot) => {
      const volume = snapshot === undefined ? nameOf(on, id) : `${nameOf(on, id)}@${checkSnapshotName(snapshot)}`
      return {...lunImageName(options, on.known.get(volume) ?? unknownLun, on.initiator), path: urlOf(on, volume)}
    },
    leftovers: async () => [],
    attach: (id, snapshot) => attach(on, id, snapshot),
    detach: async (id, snapshot) => {
      if (snapshot !== undefined) await hideSnapshot(on, nameOf(on, id), checkSnapshotName(snapshot))
    },
  }
}

/** No number, so QEMU refuses it: what was not looked up must never be taken for LUN 0. */
const unknownLun = 'unknown'

function nameOf({storage}: ZfsIscsiStorage, id: VolumeId): string {
  if (id.storage !== storage) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage}'`)
  return parseZfsIscsiName(id.name).base
}

/** With the volume's name in place of a number that is not known yet, as before it is made. */
function urlOf({options, known}: ZfsIscsiStorage, volume: string): string {
  return lunUrl(options, known.get(volume) ?? volume)
}

/** @throws UnavailableError when the server does not answer, or has no such dataset or target */
async function activate(on: ZfsIscsiStorage): Promise<void> {
  try {
    await lookUp(on, spaceArgv(on.options))
  } catch (error) {
    throw error instanceof NotFoundError ? datasetMissing(on, error) : error
  }
  await exportedLuns(on)
}

function existingVolume(on: ZfsIscsiStorage, id: VolumeId): Promise<Volume> {
  return datasetVolume(on, zfsIscsiNaming, nameOf(on, id), id)
}

async function create(on: ZfsIscsiStorage, want: NewVolume): Promise<Volume> {
  checkTakesDisks(on.storage, on.options.content)
  if (!Number.isSafeInteger(want.sizeBytes) || want.sizeBytes < 1) throw new InvalidInputError(`${want.sizeBytes} bytes are no size for a disk`, {size: 'must be at least 1'})
  const name = want.base === undefined ? (await nextDatasetName(on, want.vmid, 'raw', [])).name : checkNewFlatName(want, zfsIscsiNaming)
  await runZfs(on, createVolumeArgv(on.options, name, want.sizeBytes), {diesWithUs: true})
  await exportNew(on, name)
  return existingVolume(on, {storage: on.storage, name})
}

/** @throws ConflictError when clones stand on it */
async function checkNoClones(on: ZfsIscsiStorage, id: VolumeId): Promise<void> {
  const name = nameOf(on, id)
  const clone = (await zfsVolumes(on)).find(({origin}) => origin?.startsWith(`${name}@`) === true)
  if (clone !== undefined) throw new ConflictError(`${formatVolumeId(id)} is in use: the clone ${on.storage}:${clone.name} stands on it`)
}

async function remove(on: ZfsIscsiStorage, id: VolumeId): Promise<void> {
  await checkNoClones(on, id)
  await unexport(on, nameOf(on, id))
  try {
    await destroyWhenFree(on, destroyArgv(on.options, nameOf(on, id)))
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
  }
}

async function resize(on: ZfsIscsiStorage, id: VolumeId, sizeBytes: number): Promise<void> {
  const {sizeBytes: current, base} = await existingVolume(on, id)
  const wanted = volumeSize(sizeBytes)
  if (wanted < current) throw new InvalidInputError(`${formatVolumeId(id)} has ${current} bytes; disks can only be made larger`, {size: 'is smaller than the disk'})
  if (wanted > current) await runZfs(on, resizeArgv(on.options, base, 'raw', sizeBytes))
  if (wanted > current) await exportedGrown(on, base, wanted)
}

async function rename(on: ZfsIscsiStorage, from: VolumeId, to: VolumeId): Promise<void> {
  const [oldName, newName] = [nameOf(on, from), nameOf(on, to)]
  if (oldName === newName) return
  const [isThere, isTaken] = [await findVolume(on, oldName) !== undefined, await findVolume(on, newName) !== undefined]
  if (isThere && isTaken) throw new ConflictError(`there is a volume ${formatVolumeId(to)} already`)
  if (!isThere && !isTaken) throw new NotFoundError(`there is no volume ${formatVolumeId(from)}`)
  await unexport(on, oldName)
  if (isThere) await runZfs(on, renameArgv(on.options, oldName, newName))
  await exportNew(on, newName)
}

function snapshotsOf(on: ZfsIscsiStorage): VolumeSnapshots {
  const list = async (id: VolumeId) => (await zfsSnapshots(on, nameOf(on, id))).filter(({name}) => name !== baseSnapshot)
  return {
    list,
    create: async (id, name) => { await runZfs(on, snapshotArgv('create', on.options, nameOf(on, id), checkSnapshotName(name))) },
    rollback: async (id, name) => {
      const all = (await list(id)).map((snapshot) => snapshot.name)
      if (!all.includes(checkSnapshotName(name))) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
      const newer = all.slice(all.indexOf(name) + 1)
      if (newer.length > 0) {
        throw new ConflictError(`${formatVolumeId(id)} can only go back to its newest snapshot: ZFS would lose ${newer.join(', ')}`, {nextSteps: ['Remove the newer ones first, or clone the guest from the snapshot.']})
      }
      // A target that reads through the kernel's cache (tgt) keeps what was there before until it opens the device anew.
      await unexport(on, nameOf(on, id))
      try {
        await runZfs(on, snapshotArgv('rollback', on.options, nameOf(on, id), name))
      } finally {
        await exportNew(on, nameOf(on, id))
      }
    },
    remove: async (id, name) => {
      const all = await list(id)
      if (!all.some((snapshot) => snapshot.name === checkSnapshotName(name))) return
      // A copy that was killed may have left it exported.
      await unexport(on, `${nameOf(on, id)}@${name}`)
      await destroyWhenFree(on, snapshotArgv('remove', on.options, nameOf(on, id), name))
    },
  }
}

function templatesOf(on: ZfsIscsiStorage): VolumeTemplates {
  const baseOf = (id: VolumeId) => flatBaseOf(id, parseZfsIscsiName(id.name))
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
      const {storage, name} = await nextDatasetName(on, vmid, 'raw', taken)
      return {storage, name: `${nameOf(on, base)}/${name}`}
    },
    clone: async (base, id) => {
      if (!parseZfsIscsiName(base.name).isBase) throw new ConflictError(`${formatVolumeId(base)} is no base: a linked clone needs a volume that is not written any more`)
      await runZfs(on, cloneArgv(on.options, nameOf(on, base), nameOf(on, id)), {diesWithUs: true})
      await exportNew(on, nameOf(on, id))
      return existingVolume(on, id)
    },
  }
}

function commandsOf(on: ZfsIscsiStorage, change: VolumeChange): readonly (readonly string[])[] {
  const {options} = on
  const name = (id: VolumeId) => nameOf(on, id)
  const onTarget = (what: 'add' | 'remove' | 'resize', volume: string) => providerOf(on).shown(options, what, {device: devicePath(options, volume), name: unitName(options, volume)})
  const renamed = (from: string, to: string) => [...onTarget('remove', from), renameArgv(options, from, to), ...onTarget('add', to)]
  if ('create' in change) return [createVolumeArgv(options, name(change.create.id), change.create.want.sizeBytes), ...onTarget('add', name(change.create.id))]
  if ('remove' in change) return [...onTarget('remove', name(change.remove)), destroyArgv(options, name(change.remove))]
  if ('resize' in change) return [resizeArgv(options, name(change.resize.id), 'raw', change.resize.sizeBytes), ...onTarget('resize', name(change.resize.id))]
  if ('rename' in change) return renamed(name(change.rename.from), name(change.rename.to))
  if ('snapshot' in change) {
    const argv = snapshotArgv(change.snapshot, options, name(change.id), change.name)
    return change.snapshot === 'rollback' ? [...onTarget('remove', name(change.id)), argv, ...onTarget('add', name(change.id))] : [argv]
  }
  if ('clone' in change) return [cloneArgv(options, name(change.clone.base), name(change.clone.id)), ...onTarget('add', name(change.clone.id))]
  const base = name(flatBaseOf(change.makeBase, parseZfsIscsiName(change.makeBase.name)))
  return [...renamed(name(change.makeBase), base), snapshotArgv('create', options, base, baseSnapshot)]
}

/** @throws NotFoundError when the volume is not there, ConflictError when it is no LUN and cannot become one */
async function attach(on: ZfsIscsiStorage, id: VolumeId, snapshot: string | undefined): Promise<string> {
  const {base} = await existingVolume(on, id)
  if (snapshot === undefined) {
    await ensureExported(on, base)
    return urlOf(on, base)
  }
  const read = `${base}@${checkSnapshotName(snapshot)}`
  await runZfs(on, snapshotDevicesArgv(on.options, base, true))
  await exportNew(on, read, true)
  return urlOf(on, read)
}

async function hideSnapshot(on: ZfsIscsiStorage, volume: string, snapshot: string): Promise<void> {
  await unexport(on, `${volume}@${snapshot}`)
  if (await findVolume(on, volume) !== undefined) await runZfs(on, snapshotDevicesArgv(on.options, volume, false))
}
