// How a virtual machine is backed up (guest/backup/backup-type.ts). One that does not run is read by a qemu-storage-daemon. One that runs gets a filter on
// each disk while it stands still for a moment, and is then read as it was at that moment, by its own QEMU; in mode stop it was shut down before and
// is started again with the filters in it. What the filters keep lies in fleecing images, so the guest never waits for the archive.
import {randomUUID} from 'node:crypto'
import {ConflictError, UnsupportedError} from '../../../base/index.ts'
import {createVolumeStep, formatVolumeId, openStorage, parseVolumeId, storageLock} from '../../../storage/index.ts'
import type {Action, Context, Step} from '../../../tasks/index.ts'
import type {BackupParts, BackupWish} from '../../backup/backup-type.ts'
import {isYes} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {freezeSteps} from '../agent/index.ts'
import {hasAgent} from '../arguments/index.ts'
import {onMonitor} from '../block-jobs/job-state.ts'
import {readDrive} from '../config/index.ts'
import {driveBacking} from '../facts/index.ts'
import {afterEndSteps} from '../runtime/after-end-steps.ts'
import {hookActions} from '../runtime/hook-steps.ts'
import {planLaunch} from '../runtime/plan-launch.ts'
import {runStateOf} from '../runtime/run-state.ts'
import {runtimeStatus, uncleanedRun} from '../runtime/status.ts'
import {limitMs} from '../runtime/timeouts.ts'
import {archivedText, chooseDrives, storageOf} from './backed-up-drives.ts'
import type {BackedUpDrive} from './backed-up-drives.ts'
import type {FilteredDrive, PlainDrive} from './backup-nodes.ts'
import {readDrivePosition} from './backup-nodes.ts'
import {planTracking} from './plan-tracking.ts'
import type {Tracking} from './plan-tracking.ts'

/** New volumes are named under the lock of their storage. */
export async function locksOfBackup({vmid}: GuestFile, {fleecing}: BackupWish, context: Context): Promise<readonly string[]> {
  const storage = fleecing?.storage
  return storage === undefined || await runtimeStatus(vmid, context) === undefined ? [] : [storageLock(storage)]
}

/** @throws UnsupportedError or ConflictError naming a disk that cannot be backed up; AppError when its storage cannot be reached */
export async function planBackup(guest: GuestFile, wish: BackupWish, context: Context): Promise<BackupParts> {
  const {vmid} = guest
  const {values} = guest.config.current
  const {included, remarks} = chooseDrives(values)
  const isRunning = await runtimeStatus(vmid, context) !== undefined
  const drives = await Promise.all(included.map((drive) => openDrive(drive, context)))
  const volumes = included.flatMap((drive) => (storageOf(drive) === '' ? [] : [drive.file]))
  if (!isRunning) {
    const letGo = {do: {kind: 'guest.detach-volumes', volumes}}
    const attach: Step[] = volumes.length === 0 ? [] : [{do: {kind: 'guest.attach-volumes', volumes}, undo: letGo.do}]
    const reason = wish.mode === 'stop' ? {} : {modeReason: 'it does not run'}
    const write = await writeStep(guest, wish, {drives, isRunning, since: undefined}, context)
    return {mode: 'stop', ...reason, remarks, steps: [...attach, write, ...(volumes.length === 0 ? [] : [letGo])]}
  }
  const filters = await planFilters(guest, wish, drives, context)
  const write = await writeStep(guest, wish, {drives, isRunning, since: filters.tracking?.since}, context)
  const taken = {remarks, mode: wish.mode, ...(filters.tracking === undefined ? {} : {afterwards: filters.tracking.afterwards})}
  switch (wish.mode) {
    case 'stop': return {...taken, steps: [...await stoppedSteps(guest, wish, filters, context), write, ...filters.remove]}
    case 'suspend': return {...taken, steps: [...await suspendedSteps(vmid, filters, context), write, ...filters.remove]}
    case 'snapshot': return {...taken, steps: [...await snapshotSteps(guest, filters, context), write, ...filters.remove]}
  }
}

interface OpenedDrive extends BackedUpDrive {
  /** How QEMU opens it to read it, but for its name. */
  readonly node: PlainDrive['node']
  readonly format: string
}

async function openDrive(drive: BackedUpDrive, context: Context): Promise<OpenedDrive> {
  const read = readDrive(drive.key, drive.text)
  if (read.scsiblock === true) throw new UnsupportedError(`${drive.key} is a disk of the host that is handed through whole, and cannot be backed up`, {nextSteps: [`Leave it out: give ${drive.key} backup=0`]})
  const {source: {protocol, format}} = await driveBacking(read, context)
  const file = {...protocol, 'read-only': true}
  // Whoever keeps the state of a TPM has it open; it is a plain file or device, without an image's metadata.
  return {...drive, format, node: {driver: format, 'read-only': true, file: drive.key === 'tpmstate0' && isLocal(protocol.driver) ? {...file, locking: 'off'} : file}}
}

function isLocal(driver: string): boolean {
  return driver === 'file' || driver === 'host_device'
}

interface DrivesToWrite {
  readonly drives: readonly OpenedDrive[]
  readonly isRunning: boolean
  readonly since: Tracking['since']
}

async function writeStep(guest: GuestFile, {archive, repository, performance}: BackupWish, {drives, isRunning, since}: DrivesToWrite, context: Context): Promise<Step> {
  const {vmid, file} = guest
  const places = drives.map((drive) => ({key: drive.key, name: drive.name, storage: storageOf(drive), format: drive.format}))
  const firewall = (await context.store.read(`firewall/${vmid}.fw`))?.data
  const config = archivedText(file.data, places)
  const common = {
    vmid, disks: drives.map(({key, name}) => ({key, name})), ...(isRunning ? {} : {closed: drives.map(({key, node}) => ({key, node}))}),
    ...(performance.maxWorkers === undefined ? {} : {maxWorkers: performance.maxWorkers}),
  }
  if (repository !== undefined) {
    return {
      do: {
        kind: 'qemu.save-backup', ...common, target: repository, config, ...(firewall === undefined ? {} : {firewall}),
        ...(since === undefined ? {} : {since: {takenAtMs: since.takenAtMs, keys: since.keys}}),
      },
      undo: {kind: 'repository.forget-backup', storage: repository.storage, guestType: 'qemu', vmid, takenAtMs: repository.takenAtMs},
    }
  }
  const configs = [{name: 'qemu-server.conf', text: config}, ...(firewall === undefined ? [] : [{name: 'qemu-server.fw', text: firewall}])]
  return {
    do: {kind: 'qemu.write-backup', ...common, target: archive, uuid: randomUUID(), configs},
    ...(archive.path === '-' ? {} : {undo: {kind: 'file.remove', path: archive.path}}),
  }
}

interface Filters {
  /** Makes the fleecing images. */
  readonly images: readonly Step[]
  readonly insert: readonly Step[]
  readonly remove: readonly Step[]
  /** Of a backup into a repository. */
  readonly tracking: Tracking | undefined
}

async function planFilters({vmid}: GuestFile, wish: BackupWish, drives: readonly OpenedDrive[], context: Context): Promise<Filters> {
  const blocks = await onMonitor(vmid, context, (client) => client.execute('query-block'))
  const places = drives.filter(({key}) => key !== 'tpmstate0').map((drive) => {
    const position = readDrivePosition(blocks, drive.key)
    if (position === undefined) {
      throw new ConflictError(`the running virtual machine ${vmid} has no disk ${drive.key}`, {nextSteps: [`See what waits for its next start: qm pending ${vmid}`], data: {vmid, key: drive.key}})
    }
    return {key: drive.key, ...position}
  })
  const fleecing = wish.fleecing?.storage === undefined ? inFolder(places, wish.temporaryFolder) : await onStorage(vmid, wish.fleecing.storage, places, context)
  const filtered: FilteredDrive[] = places.map(({key, device, root}, index) => ({key, device, root, fleecing: fleecing.nodes[index] ?? {}}))
  const plain = drives.filter(({key}) => key === 'tpmstate0').map(({key, node}): PlainDrive => ({key, node}))
  const removal: Action = {kind: 'qemu.remove-backup-filters', vmid, drives: filtered.map(({key, device, root}) => ({key, device, root})), plain: plain.map(({key}) => key)}
  const tracking = wish.repository === undefined ? undefined : await planTracking(vmid, wish.repository, wish.mode !== 'stop', filtered, context)
  return {
    images: fleecing.make, remove: [{do: removal}, ...fleecing.remove], tracking,
    insert: [{do: {kind: 'qemu.insert-backup-filters', vmid, drives: filtered, plain}, undo: removal}, ...tracking?.steps ?? []],
  }
}

interface FleecingImages {
  readonly nodes: readonly FilteredDrive['fleecing'][]
  readonly make: readonly Step[]
  readonly remove: readonly Step[]
}

type Place = Pick<FilteredDrive, 'key'> & {readonly sizeBytes: number}

function inFolder(places: readonly Place[], folder: string): FleecingImages {
  if (places.length === 0) return {nodes: [], make: [], remove: []}
  const images = places.map(({key, sizeBytes}) => ({path: `${folder}/fleecing-${key}.qcow2`, sizeBytes}))
  const removal = {kind: 'qemu.remove-fleecing-images', folder, paths: images.map(({path}) => path)}
  return {
    nodes: images.map(({path}) => ({driver: 'qcow2', discard: 'unmap', file: {driver: 'file', filename: path, discard: 'unmap'}})),
    make: [{do: {kind: 'qemu.make-fleecing-images', folder, images}, undo: removal}], remove: [{do: removal}],
  }
}

/** Named as Proxmox VE names them. */
async function onStorage(vmid: number, storageName: string, places: readonly Place[], context: Context): Promise<FleecingImages> {
  const storage = await openStorage(storageName, context)
  const format = storage.traits.formats.includes('qcow2') ? 'qcow2' : 'raw'
  const made = await Promise.all(places.map(async ({sizeBytes}, index) => {
    const {id, step} = await createVolumeStep(storage, {vmid, format, sizeBytes, base: `vm-${vmid}-fleece-${index}`, purpose: 'fleecing'})
    const {protocol} = storage.blockSource(id)
    return {volume: formatVolumeId(id), step, node: {driver: format, discard: 'unmap', ...(format === 'raw' ? {size: sizeBytes} : {}), file: {...protocol, discard: 'unmap'}}}
  }))
  const volumes = made.map(({volume}) => volume)
  const [attach, detach] = [{kind: 'guest.attach-volumes', volumes}, {kind: 'guest.detach-volumes', volumes}]
  if (made.length === 0) return {nodes: [], make: [], remove: []}
  return {
    nodes: made.map(({node}) => node),
    make: [...made.map(({step}) => step), {do: attach, undo: detach}],
    remove: [{do: detach}, ...volumes.map((volume) => ({do: {kind: 'volume.remove', volume, commands: storage.commands({remove: parseVolumeId(volume)})}}))],
  }
}

async function snapshotSteps({vmid, config}: GuestFile, {images, insert}: Filters, context: Context): Promise<Step[]> {
  if (await runStateOf(vmid, context) !== 'running') return [...images, ...insert]
  const {freeze, thaw} = freezeSteps(vmid, config.current.values)
  const letGo = {kind: 'qemu.let-go', vmid}
  return [...images, ...freeze, {do: {kind: 'qemu.hold', vmid, briefly: true}, undo: letGo}, ...insert, {do: letGo}, ...thaw]
}

/** It stands still from before anything is prepared. */
async function suspendedSteps(vmid: number, {images, insert}: Filters, context: Context): Promise<Step[]> {
  if (await runStateOf(vmid, context) !== 'running') return [...images, ...insert]
  const letGo = {kind: 'qemu.let-go', vmid}
  return [{do: {kind: 'qemu.hold', vmid, briefly: true}, undo: letGo}, ...images, ...insert, {do: letGo}]
}

/** Shut down, started again standing still, and let go with the filters in it. What waits for a restart goes on waiting. */
async function stoppedSteps(guest: GuestFile, {stopWaitMinutes, hook}: BackupWish, {images, insert}: Filters, context: Context): Promise<Step[]> {
  const {vmid, config: {current}} = guest
  const launch = await planLaunch({vmid, section: {...current, values: {...current.values, freeze: '1'}}, forcedCpu: undefined, timeoutSeconds: undefined}, context)
  const start = {kind: 'qemu.start-again', vmid, steps: launch.steps.map((step) => step.do)}
  const letGo = {kind: 'qemu.let-go', vmid}
  const wasHeld = isYes(current.values['freeze'])
  return [
    ...hook('pre-stop', 'stop'), ...images, ...hookActions(vmid, current.values, 'pre-stop').map((action) => ({do: action})),
    {
      do: {kind: 'qemu.shut-down', vmid, timeoutMs: limitMs(stopWaitMinutes * 60), usesAgent: hasAgent(current.values), forceStop: false},
      undo: {...start, letsGo: !wasHeld},
    },
    ...afterEndSteps(guest, {keepActive: true, run: await uncleanedRun(vmid, context)}),
    ...hook('pre-restart', 'stop'),
    {do: {...start, letsGo: false}}, ...insert, ...(wasHeld ? [] : [{do: letGo}]),
    ...launch.afterwards.map((action) => ({do: action})), ...hook('post-restart', 'stop'),
  ]
}
