// The plan that makes a virtual machine out of a backup. Whatever the archive turns out to be, nothing that exists is touched before the new machine
// is whole: its volumes are new ones, beside those of the machine that it replaces, which go last. Undone whole when it fails; the locks of the
// storages are given back before the archive is read.
import {ConflictError, ForbiddenError, InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/index.ts'
import {copyBandwidth, createVolumeStep, formatVolumeId, openVolume, overlayVolumeStep, parseVolumeId, removeVolumeStep, storageLock} from '../../../storage/index.ts'
import type {Format, Storage} from '../../../storage/index.ts'
import type {BackupFill} from '../../../storage/archive/index.ts'
import {archivedMachine, machineOnInput, standardInput} from '../../../storage/archive/index.ts'
import type {ArchivedMachine} from '../../../storage/archive/index.ts'
import type {RepositoryFill} from '../../../storage/repository/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {Action, Context, Plan, Step, WantedFile} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {fileWithPoolMember} from '../../pools.ts'
import {ownedBy} from '../../volume-owner.ts'
import {cloudInitDriveOf, newCloudInitDrive} from '../cloud-init/index.ts'
import {assertMaySet, splitOptions, storedValues, valueSources, warnOfKeysThatWait} from '../config-values.ts'
import {formatQemuConfig, isCloudInitDrive, isDriveKey, parseQemuConfig} from '../config/index.ts'
import {formatDriveText, isCdromText, parseDriveText, volumeOf} from '../drives/drive-text.ts'
import {namingDrive, storageForNewVolume} from '../drives/plan-drives.ts'
import type {GuestFile} from '../guest-files.ts'
import {assertNotLocked, assertUnprotected, claimVmid, findGuest, guestConfigPath, guestLockName, isYes, readGuest} from '../guest-files.ts'
import {withReservation} from '../new-guest.ts'
import {addUnused, referencedVolumes} from '../pending.ts'
import {planLive} from '../import/plan-live.ts'
import {assertStopped} from '../runtime/assert-running.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {hookScriptPath} from '../../hooks/hook-script.ts'
import {fillFromKept, keptMachine} from './kept-machine.ts'
import {restoredBases} from './restored-bases.ts'
import {archivedDrives, restoredText} from './restored-config.ts'

export interface RestoreWish {
  readonly vmid: number
  /** A volume (`local:backup/…`), for root a path, or - for standard input. */
  readonly archive: string
  /** For all disks; each one's own when absent. */
  readonly storage?: string | undefined
  /** Put it in the place of the machine that has the number. */
  readonly isForced: boolean
  readonly isUnique: boolean
  readonly isLive: boolean
  readonly bandwidthKib?: number | undefined
  readonly pool?: string | undefined
  readonly starts: boolean
  /** Keys of qm.conf in place of the backup's. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** @throws NotFoundError, InvalidInputError for what is no backup; ConflictError for a number that is taken */
export async function restoreLocks(wish: RestoreWish, context: Context): Promise<string[]> {
  await replacedGuest(wish, context)
  const {machine} = await openArchive(wish.archive, context)
  return [guestLockName(wish.vmid), ...storagesOf(machine, wish).map(storageLock)]
}

/** @throws ConflictError, ForbiddenError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError */
export async function planRestore(wish: RestoreWish, context: Context): Promise<Plan> {
  const {vmid} = wish
  refuseWhatCannotBe(wish)
  const old = await replacedGuest(wish, context)
  const {machine, path} = await openArchive(wish.archive, context)
  if (wish.isLive) refuseLive(wish, {isArchive: path !== undefined, old})
  const disks = await planDisks(wish, machine, old, context)
  const {config, bases} = await asTemplateOrNot(wish, disks, await restoredConfig(wish, machine, disks, context), context)
  const kept = old === undefined ? [] : keptVolumes(old, disks, vmid)
  const text = formatQemuConfig(kept.reduce(addUnused, config))
  const bandwidthKib = await copyBandwidth('restore', storagesOf(machine, wish), wish.bandwidthKib, context)
  const filled = disks.restored.filter((disk) => !wish.isLive || !isFilledWhileItRuns(disk))
  const fill: BackupFill | RepositoryFill = path === undefined ? fillFromKept(wish.archive, machine, filled, bandwidthKib) : {
    kind: 'volume.fill-from-backup', archive: path, ...(bandwidthKib === 0 ? {} : {bandwidthKib}),
    disks: disks.restored.map(({number, sizeBytes, volume}) => ({number, sizeBytes, volume})),
  }
  const volumes = [...releasingAfter(disks.create, storagesOf(machine, wish).map(storageLock)), ...(filled.length === 0 ? [] : [{do: fill}]), ...bases]
  const firewall = await firewallFile(vmid, machine, context)
  const pool = wish.pool === undefined ? [] : [await fileWithPoolMember(wish.pool, vmid, context.store)]
  const own = guestConfigPath(context.node, vmid)
  if (wish.isLive) {
    const {backup: socket} = guestPaths(context.places, vmid)
    const importing = disks.restored.filter(isFilledWhileItRuns).map(({key, name, sizeBytes, volume}) => ({key, volume, sizeBytes, source: {socket, name}}))
    const claims = [await claimVmid(vmid, 'qemu', context), ...firewall, ...pool]
    return planLive({vmid, config, importing, bandwidthKib, backup: wish.archive, option: 'live-restore', reserve: (locked) => withReservation(own, claims, locked, volumes)}, context)
  }
  const steps = old === undefined
    ? withReservation(own, [await claimVmid(vmid, 'qemu', context), ...firewall, ...pool], text, volumes)
    : withReplacement(old, own, [...firewall, ...pool], text, volumes)
  const removals = old === undefined ? [] : await removalsOf(old, disks, vmid, context)
  const afterwards: Action[] = [...removals, ...(wish.starts ? [{kind: 'guest.start-task', vmid}] : [])]
  return {steps, ...(afterwards.length === 0 ? {} : {afterwards}), whenInterrupted: 'undo'}
}

/** @throws InvalidInputError */
function refuseWhatCannotBe({options = {}}: RestoreWish): void {
  const [drive] = Object.keys(splitOptions(options).drives)
  if (drive !== undefined) throw new InvalidInputError(`'${drive}' cannot be given when a backup is restored, which brings its own drives`, {[drive]: 'comes from the backup'}, {nextSteps: ['Add it afterwards, with: qm set']})
}

/** @throws UnsupportedError for what cannot be restored while it runs */
function refuseLive({vmid}: RestoreWish, {isArchive, old}: {readonly isArchive: boolean; readonly old: GuestFile | undefined}): void {
  if (isArchive) {
    throw new UnsupportedError("'live-restore' needs a backup whose parts can be read in any order, and a VMA archive is read from its beginning to its end", {
      nextSteps: ['Leave it out, and start the machine once it is restored: --start', 'Or keep backups on a storage of type restic, from which it can be had.'],
    })
  }
  if (old !== undefined) {
    throw new UnsupportedError(`'live-restore' cannot put a backup in the place of virtual machine ${vmid}, whose disks are kept until the new ones are whole`, {nextSteps: ['Restore it under another number.', 'Or leave it out, and start the machine once it is restored: --start']})
  }
}

/** The machine that is to be replaced, which must let that happen. @throws ConflictError, ForbiddenError */
async function replacedGuest({vmid, isForced}: Pick<RestoreWish, 'vmid' | 'isForced'>, context: Context): Promise<GuestFile | undefined> {
  const existing = await findGuest(vmid, context.store)
  if (existing === undefined) return undefined
  if (existing.type !== 'qemu' || existing.node !== context.node) {
    await claimVmid(vmid, 'qemu', context)
    return undefined
  }
  if (!isForced) {
    throw new ConflictError(`virtual machine ${vmid} already exists`, {data: {vmid}, nextSteps: ['Take another number.', 'Or put the backup in its place, which gives up its disks: --force']})
  }
  const guest = await readGuest(vmid, context)
  assertNotLocked(guest)
  assertUnprotected(guest, 'no backup can be put in its place')
  await assertStopped(vmid, context)
  return guest
}

/** @throws InvalidInputError, NotFoundError, ForbiddenError */
async function openArchive(archive: string, context: Context): Promise<{machine: ArchivedMachine; path: string | undefined}> {
  if (archive === standardInput) return {machine: await machineOnInput(context), path: standardInput}
  const kept = await keptMachine(archive, context)
  // What lies in a repository has no path.
  if (kept !== undefined) return {machine: kept, path: undefined}
  const path = await archivePath(archive, context)
  return {machine: await archivedMachine(path, context), path}
}

async function archivePath(archive: string, context: Context): Promise<string> {
  if (archive.startsWith('/')) {
    if (context.caller.isRoot) return archive
    throw new ForbiddenError('only root may name a backup by its path', {nextSteps: ['Name it as a volume: STORAGE:backup/NAME']})
  }
  const {storage, id} = await openVolume(archive, context)
  const {content} = storage.parseName(id.name)
  if (content !== 'backup') throw new InvalidInputError(`${archive.slice(0, 120)} is no backup, but of content type ${content}`, {archive: 'is no backup'}, {nextSteps: [`See which there are: pvesm list ${id.storage} --content backup`]})
  return storage.attach(id)
}

/** Every storage that gets a volume, once. */
function storagesOf({config}: ArchivedMachine, {storage, vmid}: RestoreWish): string[] {
  const cloudInit = Object.values(parseText(config, vmid).current.values).filter((text) => isCloudInitDrive(parseDriveText(text)))
  const own = [...archivedDrives(config).map((drive) => drive.storage ?? 'local'), ...cloudInit.map((text) => parseVolumeId(parseDriveText(text).file).storage)]
  return [...new Set(storage === undefined ? own : own.map(() => storage))]
}

interface RestoredDisk {
  readonly key: string
  /** In the backup. */
  readonly name: string
  readonly number: number
  readonly sizeBytes: number
  readonly volume: string
}

/** What firmware and TPM have to find at once is small, and filled before. */
function isFilledWhileItRuns({key}: Pick<RestoredDisk, 'key'>): boolean {
  return key !== 'efidisk0' && key !== 'tpmstate0'
}

interface PlannedDisks {
  readonly restored: readonly RestoredDisk[]
  /** What becomes of drives that the archive does not hold: a value, or nothing. */
  readonly others: Readonly<Record<string, string | undefined>>
  readonly create: readonly Step[]
}

async function planDisks(wish: RestoreWish, machine: ArchivedMachine, old: GuestFile | undefined, context: Context): Promise<PlannedDisks> {
  const {vmid} = wish
  const restored: RestoredDisk[] = []
  const others: Record<string, string | undefined> = {}
  const create: Step[] = []
  const drives = archivedDrives(machine.config)
  for (const {key, name, storage: its, format} of drives) {
    const disk = machine.disks.find((each) => each.name === name)
    if (disk === undefined) throw new InvalidInputError(`the backup has no '${name}', which should be the drive '${key}'`, {archive: 'contradicts itself'})
    if (restored.some((each) => each.key === key || each.number === disk.number)) throw new InvalidInputError(`the backup names '${key}' or '${name}' twice`, {archive: 'contradicts itself'})
    const storage = await namingDrive(key, () => storageForNewVolume(key, wish.storage ?? its ?? 'local', context))
    if (wish.isLive && isFilledWhileItRuns({key})) {
      const taken = restored.map(({volume}) => volume)
      const made = await namingDrive(key, () => overlayVolumeStep({source: disk, storage: storage.config.storage, vmid, taken, purpose: key}, context))
      restored.push({key, name, number: disk.number, sizeBytes: made.sizeBytes, volume: made.volume})
      create.push(made.step)
      continue
    }
    const taken = restored.map(({volume}) => parseVolumeId(volume)).filter((id) => id.storage === storage.config.storage).map((id) => id.name)
    const {id, step} = await createVolumeStep(storage, {vmid, format: formatOn(storage, key, format), sizeBytes: disk.sizeBytes, purpose: key}, taken)
    restored.push({key, name, number: disk.number, sizeBytes: disk.sizeBytes, volume: formatVolumeId(id)})
    create.push(step)
  }
  for (const [key, text] of Object.entries(parseText(machine.config, vmid).current.values)) {
    const drive = parseDriveText(text)
    if (!isDriveKey(key) || drives.some((each) => each.key === key)) continue
    if (isCloudInitDrive(drive)) {
      const made = await cloudInitDrive(key, wish.storage ?? parseVolumeId(drive.file).storage, vmid, old, context)
      others[key] = made.value
      create.push(...made.steps)
    } else if (!isCdromText(drive) && volumeOf(drive) !== undefined) {
      others[key] = undefined
      context.log.warn(`'${key}' is not in the backup (${drive.file}); the machine has no such drive now`)
    }
  }
  for (const {name} of machine.disks) {
    if (!drives.some((each) => each.name === name)) context.log.warn(`'${name}' in the backup is no drive of the machine and is left out`)
  }
  return {restored, others, create}
}

/** The one that the replaced machine has is written anew when the machine starts; its name is the only one that there is for such a drive. */
async function cloudInitDrive(key: string, storageId: string, vmid: number, old: GuestFile | undefined, context: Context): Promise<{value: string; steps: readonly Step[]}> {
  const there = old === undefined ? undefined : cloudInitDriveOf(old.config.current.values)
  if (there?.volume.startsWith(`${storageId}:`) === true) return {value: formatDriveText({file: there.volume, options: {media: 'cdrom'}}), steps: []}
  const {value, step} = await newCloudInitDrive({vmid, key, storage: await namingDrive(key, () => storageForNewVolume(key, storageId, context))})
  return {value, steps: [step]}
}

/** swtpm knows no image format. What the storage does not have becomes what it does by itself. */
function formatOn({traits}: Storage, key: string, format: string | undefined): Format {
  if (key === 'tpmstate0') return 'raw'
  return traits.formats.find((known) => known === format && known !== 'subvol') ?? traits.defaultFormat
}

async function restoredConfig(wish: RestoreWish, machine: ArchivedMachine, disks: PlannedDisks, context: Context): Promise<GuestConfig> {
  const {vmid, options = {}, isUnique} = wish
  const sources = valueSources(context.store)
  const volumes = Object.fromEntries(disks.restored.map(({key, volume}) => [key, volume]))
  const {current: {values: archived, ...section}} = parseText(await restoredText(machine.config, {volumes, others: disks.others, isUnique}, sources), vmid)
  const sized = Object.fromEntries(disks.restored.map(({key, sizeBytes}) => [key, withSize(archived[key] ?? '', sizeBytes)]))
  const values: Record<string, string> = {...archived, ...sized, ...await storedValues(splitOptions(options).others, sources)}
  assertMaySet(values, context.caller)
  if (values['hookscript'] !== undefined && options['hookscript'] !== undefined) await hookScriptPath(values['hookscript'], context)
  warnOfKeysThatWait(values, context.log)
  return {current: {...section, values}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}
}

/** A template's disks become bases, and its configuration names those. @throws InvalidInputError when it is to be started */
async function asTemplateOrNot({vmid, starts, isLive}: RestoreWish, {restored}: PlannedDisks, config: GuestConfig, context: Context): Promise<{config: GuestConfig; bases: readonly Step[]}> {
  const {template, ...others} = config.current.values
  if (!isYes(template)) return {config, bases: []}
  if (starts || isLive) throw new InvalidInputError('the backup is of a template, which cannot be started', {[isLive ? 'live-restore' : 'start']: 'is for machines that are no templates'}, {nextSteps: [`Make it a machine: qm create ${vmid} --archive ARCHIVE --template 0 ${isLive ? '--live-restore' : '--start'}`]})
  const bases = await restoredBases(vmid, restored.map(({volume}) => volume), context)
  if (bases === undefined) return {config: {...config, current: {...config.current, values: others}}, bases: []}
  const renamed = Object.fromEntries(Object.entries(config.current.values).map(([key, text]) => {
    const drive = isDriveKey(key) ? parseDriveText(text) : undefined
    const base = drive === undefined ? undefined : bases.names[drive.file]
    return [key, drive === undefined || base === undefined ? text : formatDriveText({...drive, file: base})]
  }))
  return {config: {...config, current: {...config.current, values: renamed}}, bases: bases.steps}
}

/** @throws InvalidInputError for a configuration that cannot be read */
function parseText(text: string, vmid: number): GuestConfig {
  try {
    return parseQemuConfig(text)
  } catch (error) {
    throw new InvalidInputError(`the configuration in the backup cannot become that of virtual machine ${vmid}`, {archive: 'has a configuration that cannot be read'}, {cause: error})
  }
}

function withSize(text: string, sizeBytes: number): string {
  const {file, options} = parseDriveText(text)
  return formatDriveText({file, options: {...options, size: formatSize(sizeBytes)}})
}

/** The volumes of the old machine that the backup has nothing to put in place of: they stay, as unused ones. */
function keptVolumes(old: GuestFile, disks: PlannedDisks, vmid: number): string[] {
  const goes = new Set([...replacedVolumes(old, disks), ...stateVolumes(old)])
  const taken = Object.values(disks.others).map((text) => (text === undefined ? undefined : parseDriveText(text).file))
  return referencedVolumes(old.config).filter((volume) => ownedBy(vmid)(volume) && !goes.has(volume) && !taken.includes(volume) && !isCloudInitDrive({file: volume}))
}

/** Those of the drives that the backup has. */
function replacedVolumes({config: {current: {values}}}: GuestFile, {restored}: PlannedDisks): string[] {
  return restored.flatMap(({key}) => {
    const text = values[key]
    const volume = text === undefined ? undefined : volumeOf(parseDriveText(text))
    return volume === undefined ? [] : [volume]
  })
}

/** Memory of snapshots, and of a machine that was suspended: nothing can go on from it any more. */
function stateVolumes({config}: GuestFile): string[] {
  return [config.current, ...Object.values(config.snapshots)].flatMap(({values: {vmstate}}) => (vmstate === undefined ? [] : [vmstate]))
}

/** @throws ConflictError when linked clones stand on one of them */
async function removalsOf(old: GuestFile, disks: PlannedDisks, vmid: number, context: Context): Promise<Action[]> {
  const removals: Action[] = []
  const cloudInit = cloudInitDriveOf(old.config.current.values)?.volume
  const isLeft = cloudInit !== undefined && !Object.values(disks.others).some((text) => text !== undefined && parseDriveText(text).file === cloudInit)
  const gone = [...replacedVolumes(old, disks), ...stateVolumes(old), ...(isLeft ? [cloudInit] : [])]
  for (const volume of new Set(gone.filter(ownedBy(vmid)))) {
    const {storage, id} = await openVolume(volume, context)
    if (await storage.exists(id)) await storage.checkRemovable(id)
    removals.push(removeVolumeStep(storage, id).do)
  }
  return removals
}

/** As `withReservation`, for a machine that is there: it keeps its configuration, locked, until the other one is whole. */
function withReplacement({config, file}: GuestFile, path: string, others: readonly WantedFile[], text: string, volumeSteps: readonly Step[]): Step[] {
  const reserved = formatQemuConfig({...config, current: {...config.current, values: {...config.current.values, lock: 'create'}}})
  return [
    storeCommitStep([{path, was: file, text: reserved}]),
    ...volumeSteps,
    storeCommitStep([{path, was: {data: reserved}, text}, ...others]),
  ]
}

async function firewallFile(vmid: number, {firewall}: ArchivedMachine, context: Context): Promise<WantedFile[]> {
  if (firewall === undefined || firewall.trim() === '') return []
  const path = `firewall/${vmid}.fw`
  return [{path, was: await context.store.read(path), text: firewall}]
}

/** Reading an archive for hours holds up nobody: once the volumes have their names the storages are free again. */
function releasingAfter(create: readonly Step[], locks: readonly string[]): Step[] {
  return create.map((step, index) => (index === create.length - 1 ? {...step, thenRelease: locks} : step))
}
