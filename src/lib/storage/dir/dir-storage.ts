// A folder as a storage: making, listing, growing and removing the files in it. Names and paths are naming.ts's, headers
// image-header.ts's, argv qemu-img.ts's; here they meet the host.
import {dirname} from 'node:path'
import type {Clock} from '../../base/index.ts'
import {ConflictError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {leftoversIn} from '../../host/index.ts'
import {readImageFile} from '../image-file-source.ts'
import {checkTakesDisks} from '../content.ts'
import {contentFolder, diskNumber, folderVolumeName, parseFolderVolumeName, volumePath} from '../naming.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {Preallocation} from './options.ts'
import type {Content, Format, ImageName, NewVolume, Storage, StorageConfig, StorageTraits, Usage, Volume, VolumeChange, VolumeId, VolumeName} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {checkBacking} from './backing.ts'
import {createImage, resizeImage} from './image-file.ts'
import {isChainFile, readChain} from './chain.ts'
import {chainCommands, chainSnapshots, openChains, snapshotPath} from './chain-snapshots.ts'
import {isMountPoint} from './mounts.ts'
import type {DirOptions} from './options.ts'
import {readDirOptions} from './options.ts'
import {createCloneArgv, createImageArgv, resizeImageArgv, snapshotArgv} from './qemu-img.ts'
import {qcow2Snapshots} from './snapshots.ts'
import {baseMode, baseOf, chmodArgv, folderTemplates, relativeBase} from './templates.ts'
import {describeVolume, listFolderVolumes} from './volumes.ts'
import {withinTime} from './within-time.ts'

/** Content that may hold secrets, or disks, is not for everyone on the host to read. */
const folderModes: Readonly<Record<Content, number>> = {
  images: 0o750, rootdir: 0o755, vztmpl: 0o755, iso: 0o755, backup: 0o750, snippets: 0o750, import: 0o750,
}
/** A file system that answers at all answers within these. */
const lookLimitMs = 5000
const activateLimitMs = 30_000
/** More disks than any guest has; it ends the search when a folder is full of odd names. */
const maxDiskNumber = 100_000
/** A folder of a container holds some hundred thousand files. */
const removeLimitMs = 60 * 60_000

/** @throws InvalidInputError when an option of the section is wrong */
export function openDirStorage(config: StorageConfig, traits: StorageTraits, host: Host, clock: Clock): Storage {
  const options = readDirOptions(config, {content: traits.defaultContent, format: traits.defaultFormat})
  const storage: DirStorage = {host, clock, name: config.storage, options}
  const place = {
    host, storage: config.storage, imagesFolder: contentFolder(options.layout, 'images'),
    parsed: (id: VolumeId) => parsed(storage, id), pathOf: (id: VolumeId) => pathOf(storage, id),
  }
  return {
    config, traits: {...traits, defaultContent: options.content, defaultFormat: options.defaultFormat, shared: options.shared, ...options.keepsChains ? {keepsChains: true, rollsBackToNewestOnly: true} : {}},
    parseName: parseFolderVolumeName,
    activate: () => withinTime(clock, activateLimitMs, `making storage '${config.storage}' usable`, activate(storage)),
    usage: () => usage(storage),
    list: async (content, vmid) => {
      await checkMounted(storage)
      return listFolderVolumes(host, storage.name, options.layout, content, vmid, options)
    },
    volume: (id) => existingVolume(storage, id),
    exists: async (id) => (await host.files.stat(pathOf(storage, id))) !== undefined,
    nextName: (vmid, format, taken) => nextName(storage, vmid, format, taken),
    nameFor: (want) => newName(storage, want),
    commands: (change) => commandsOf(storage, change),
    create: (want) => create(storage, want),
    checkRemovable: (id) => checkRemovable(storage, id),
    remove: (id) => remove(storage, id),
    resize: (id, sizeBytes) => resize(storage, id, sizeBytes),
    rename: (from, to) => rename(storage, from, to),
    snapshots: options.keepsChains ? chainSnapshots(place) : qcow2Snapshots(place),
    ...(options.keepsChains ? {openChains: openChains(place)} : {}),
    templates: folderTemplates({
      ...place,
      nextName: (vmid, taken) => nextName(storage, vmid, 'qcow2', taken),
      rename: (from, to) => rename(storage, from, to),
      checkNoClones: (id) => checkNoClones(storage, id, parsed(storage, id)),
      volume: (id) => existingVolume(storage, id),
      makeReady: (vmid) => makeReady(storage, vmid),
    }),
    path: (id) => pathOf(storage, id),
    blockSource: (id) => ({protocol: {driver: 'file', filename: pathOf(storage, id)}, format: blockFormat(parsed(storage, id))}),
    imageName: (id, snapshot) => imageName(storage, id, snapshot),
    leftovers: () => leftovers(storage),
    attach: (id, snapshot) => attach(storage, id, snapshot),
    detach: async () => undefined,
  }
}

interface DirStorage {
  readonly host: Host
  readonly clock: Clock
  readonly name: string
  readonly options: DirOptions
}

function parsed(storage: DirStorage, id: VolumeId): VolumeName {
  if (id.storage !== storage.name) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage.name}'`)
  return parseFolderVolumeName(id.name)
}

function pathOf(storage: DirStorage, id: VolumeId): string {
  return volumePath(storage.options.layout, parsed(storage, id))
}

function blockFormat(name: VolumeName): Format {
  if (name.content === 'iso') return 'raw'
  const isDisk = name.content === 'images' || name.content === 'import'
  if (isDisk && (name.format === 'raw' || name.format === 'qcow2' || name.format === 'vmdk')) return name.format
  throw new InvalidInputError(`'${name.base}' cannot be used as a drive: it is of the kind ${name.content}, format ${name.format}`)
}

/** The folder of a container. */
function isFolder(name: VolumeName): boolean {
  return name.content === 'images' && name.format === 'subvol'
}

function imageName(storage: DirStorage, id: VolumeId, snapshot: string | undefined): ImageName {
  const image = {path: pathOf(storage, id), format: blockFormat(parsed(storage, id))}
  if (snapshot === undefined) return image
  if (image.format !== 'qcow2') throw new UnsupportedError(`${formatVolumeId(id)} is no qcow2 image, and only those have snapshots on a storage that is a folder`)
  const name = checkSnapshotName(snapshot)
  return storage.options.keepsChains ? {...image, path: snapshotPath(image.path, name)} : {...image, internalSnapshot: name}
}

/** @throws UnavailableError when the option is_mountpoint is set and nothing is mounted there */
async function checkMounted({host, name, options}: DirStorage): Promise<void> {
  if (options.mountpoint === undefined) return
  if (isMountPoint(await host.files.readText('/proc/self/mountinfo'), options.mountpoint)) return
  throw new UnavailableError(`storage '${name}' is not there: nothing is mounted at ${options.mountpoint}`, {
    nextSteps: [`Mount it: mount ${options.mountpoint}`, `If it is no mount point: pvesm set ${name} --is_mountpoint no`],
  })
}

async function activate(storage: DirStorage): Promise<void> {
  const {host, name, options} = storage
  const {path} = options.layout
  await checkMounted(storage)
  const base = await host.files.stat(path, {followLinks: true})
  if (base === undefined) {
    if (!options.createBasePath) {
      throw new UnavailableError(`storage '${name}' is not there: the folder ${path} does not exist`, {nextSteps: [`Make it: mkdir -p ${path}`]})
    }
    await host.files.makeDirectory(path, 0o755)
  } else if (base.kind !== 'directory') {
    throw new UnavailableError(`storage '${name}' is not there: ${path} is not a folder`)
  }
  if (!options.createSubdirs) return
  for (const content of options.content) {
    const folder = contentFolder(options.layout, content)
    if ((await host.files.stat(folder)) === undefined) await host.files.makeDirectory(folder, folderModes[content])
  }
}

async function usage(storage: DirStorage): Promise<Usage> {
  try {
    await checkMounted(storage)
    const look = existingFolder(storage).then((folder) => storage.host.files.space(folder))
    return {...await withinTime(storage.clock, lookLimitMs, `asking for the space of storage '${storage.name}'`, look), isActive: true}
  } catch (error) {
    const none = {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false}
    if (error instanceof UnavailableError) return {...none, reason: error.message.startsWith('storage ') ? error.message : `storage '${storage.name}' does not answer: ${error.message}`}
    if (error instanceof NotFoundError) return {...none, reason: `storage '${storage.name}' is not there: the folder ${storage.options.layout.path} does not exist`}
    throw error
  }
}

/** The storage's folder or, when it is going to be made at its first use, the folder in which that will happen. */
async function existingFolder({host, options}: DirStorage): Promise<string> {
  let folder = options.layout.path
  while (options.createBasePath && folder !== '/' && (await host.files.stat(folder, {followLinks: true})) === undefined) folder = dirname(folder)
  return folder
}

async function existingVolume(storage: DirStorage, id: VolumeId): Promise<Volume> {
  const name = parsed(storage, id)
  const found = await describeVolume(storage.host, storage.options.layout, id, name, storage.options)
  if (found !== undefined) return found
  await checkMounted(storage)
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${storage.name}`]})
}

async function nextName(storage: DirStorage, vmid: number, format: Format, taken: readonly string[]): Promise<VolumeId> {
  const present = await storage.host.files.list(`${contentFolder(storage.options.layout, 'images')}/${vmid}`)
  const bases = [...present, ...taken.map((name) => name.slice(name.lastIndexOf('/') + 1))]
  const used = new Set(bases.map((base) => diskNumber(base, vmid)))
  for (let number = 0; number < maxDiskNumber; number++) {
    if (!used.has(number)) return {storage: storage.name, name: `${vmid}/${format === 'subvol' ? 'subvol' : 'vm'}-${vmid}-disk-${number}.${format}`}
  }
  throw new ConflictError(`guest ${vmid} has ${maxDiskNumber} disks on storage '${storage.name}'`)
}

async function create(storage: DirStorage, want: NewVolume): Promise<Volume> {
  const {host, options} = storage
  const id = want.base === undefined ? await nextName(storage, want.vmid, want.format, []) : newName(storage, want)
  checkTakesDisks(storage.name, options.content)
  await makeReady(storage, want.vmid)
  if (want.format === 'subvol') await createFolder(storage, id)
  else await createImage(host, storage.name, pathOf(storage, id), want.format, want.sizeBytes, preallocationOf(want, options.preallocation))
  return existingVolume(storage, id)
}

/** A folder for a container, without a limit. @throws ConflictError when it is there, and then nothing was touched */
/** A qcow2 image whose tables are laid out maps all of its clusters. */
function preallocationOf({mapsNothing}: NewVolume, usual: Preallocation): Preallocation {
  return mapsNothing === true ? 'off' : usual
}

async function createFolder(storage: DirStorage, id: VolumeId): Promise<void> {
  const path = pathOf(storage, id)
  if (await storage.host.files.stat(path) !== undefined) throw new ConflictError(`there is a volume ${formatVolumeId(id)} already`)
  await storage.host.run(createFolderArgv(path))
}

function createFolderArgv(path: string): string[] {
  return ['mkdir', '--mode=755', '--', path]
}

/** rm follows no links, and stays on the file system; what is mounted below is not ours. */
function removeFolderArgv(path: string): string[] {
  return ['rm', '-rf', '--one-file-system', '--', path]
}

/** Makes the folder for a guest's disks. */
async function makeReady(storage: DirStorage, vmid: number): Promise<void> {
  const {host, options} = storage
  await withinTime(storage.clock, activateLimitMs, `making storage '${storage.name}' usable`, activate(storage))
  const folder = `${contentFolder(options.layout, 'images')}/${vmid}`
  if ((await host.files.stat(folder)) === undefined) await host.files.makeDirectory(folder, folderModes.images)
}

async function rename(storage: DirStorage, from: VolumeId, to: VolumeId): Promise<void> {
  const {host, host: {files}} = storage
  const [oldName, newName] = [parsed(storage, from), parsed(storage, to)]
  if (oldName.content !== 'images' || newName.content !== 'images' || newName.vmid === undefined) throw new InvalidInputError(`only disks are given other names, not ${formatVolumeId(from)}`)
  if (oldName.format !== newName.format) throw new InvalidInputError(`another name does not make ${formatVolumeId(from)} a disk of format ${newName.format}`)
  const [oldPath, newPath] = [pathOf(storage, from), pathOf(storage, to)]
  if (oldPath === newPath) return
  const isThere = (await files.stat(oldPath)) !== undefined
  if (isThere && await hasChain(storage, oldName, oldPath)) throw new ConflictError(`${formatVolumeId(from)} has snapshots, which are named after it`, {nextSteps: ['Remove them first.']})
  const isTaken = (await files.stat(newPath)) !== undefined
  if (isThere && isTaken) throw new ConflictError(`there is a volume ${formatVolumeId(to)} already`)
  if (isTaken) return
  if (!isThere) throw new NotFoundError(`there is no volume ${formatVolumeId(from)}`)
  await makeReady(storage, newName.vmid)
  await files.rename(oldPath, newPath)
  await host.run(['sync', '--', dirname(newPath), ...(dirname(oldPath) === dirname(newPath) ? [] : [dirname(oldPath)])])
  if (dirname(oldPath) !== dirname(newPath)) await removeEmptyFolder(host, dirname(oldPath))
}

/** Checks a name that was asked for. @throws InvalidInputError */
function newName(storage: DirStorage, {vmid, format, base = ''}: NewVolume): VolumeId {
  const whole = /\.(?:raw|qcow2|vmdk|subvol)$/.test(base) ? base : `${base}.${format}`
  const name = parseFolderVolumeName(`${vmid}/${whole}`)
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._+-]*$/.test(whole)) {
    throw new InvalidInputError(`'${base}' is no good name for a disk: use letters, digits, '.', '_', '+' and '-', a letter or digit first`, {filename: 'has a character that a disk name may not have'})
  }
  if (name.format !== format) {
    throw new InvalidInputError(`the name '${base}' does not fit the format ${format}`, {filename: `must end in .${format}`})
  }
  const owner = /^(?:vm|base|subvol|basevol)-(\d+)-/.exec(whole)?.[1]
  if (owner !== undefined && Number(owner) !== vmid) {
    throw new InvalidInputError(`the name '${base}' belongs to guest ${owner}, not to ${vmid}`, {filename: `must begin with vm-${vmid}-`})
  }
  return {storage: storage.name, name: `${vmid}/${whole}`}
}

function commandsOf(storage: DirStorage, change: VolumeChange): string[][] {
  const {preallocation} = storage.options
  if ('create' in change) {
    const {id, want} = change.create
    if (want.format === 'subvol') return [createFolderArgv(pathOf(storage, id))]
    return [createImageArgv(pathOf(storage, id), want.format, want.sizeBytes, preallocationOf(want, preallocation))]
  }
  if ('remove' in change && isFolder(parsed(storage, change.remove))) return [removeFolderArgv(pathOf(storage, change.remove))]
  if ('remove' in change) return removedPaths(pathOf(storage, change.remove), parsed(storage, change.remove)).map((path) => ['rm', '-f', '--', path])
  if ('rename' in change) return [['mv', '--', pathOf(storage, change.rename.from), pathOf(storage, change.rename.to)]]
  if ('snapshot' in change && storage.options.keepsChains) return chainCommands(change.snapshot, pathOf(storage, change.id), change.name)
  if ('snapshot' in change) return [snapshotArgv(change.snapshot, pathOf(storage, change.id), change.name)]
  if ('makeBase' in change) {
    const base = pathOf(storage, baseOf(storage.name, change.makeBase, parsed(storage, change.makeBase)))
    return [['mv', '--', pathOf(storage, change.makeBase), base], ['sync', '--', dirname(base)], chmodArgv(baseMode, base)]
  }
  if ('clone' in change) {
    const base = parsed(storage, change.clone.base)
    return [createCloneArgv(pathOf(storage, change.clone.id), {path: relativeBase(base), format: base.format})]
  }
  const {id, sizeBytes} = change.resize
  return [resizeImageArgv(pathOf(storage, id), blockFormat(parsed(storage, id)), sizeBytes, preallocation)]
}

/** A disk that cannot be read has no snapshots that could be found, and can still be removed. */
async function hasChain({host, options}: DirStorage, name: VolumeName, path: string): Promise<boolean> {
  if (!options.keepsChains || name.content !== 'images' || name.format !== 'qcow2') return false
  try {
    return (await readChain(host, path)).links.length > 0
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof NotFoundError) return false
    throw error
  }
}

async function checkRemovable(storage: DirStorage, id: VolumeId): Promise<void> {
  const name = parsed(storage, id)
  if (name.content === 'rootdir') throw new UnsupportedError(`${formatVolumeId(id)} is a folder that Corral has not made; only what it makes can be removed`)
  if (name.format.startsWith('ova+')) throw new InvalidInputError(`${formatVolumeId(id)} lies inside an archive and cannot be removed alone`)
  await checkMounted(storage)
  if (storage.options.keepsChains && name.content === 'images' && isChainFile(name.base)) {
    throw new ConflictError(`${formatVolumeId(id)} is a snapshot, on which a disk stands`, {nextSteps: ['Remove it with its guest: qm delsnapshot <vmid> <name>']})
  }
  if (name.isBase) await checkNoClones(storage, id, name)
  const path = pathOf(storage, id)
  if (name.content === 'backup' && (await storage.host.files.stat(`${path}.protected`)) !== undefined) {
    throw new ConflictError(`${formatVolumeId(id)} is protected`, {nextSteps: [`Take the protection away first: corral storage annotate ${formatVolumeId(id)} --protected 0`]})
  }
}

async function remove(storage: DirStorage, id: VolumeId): Promise<void> {
  const {files} = storage.host
  await checkRemovable(storage, id)
  const name = parsed(storage, id)
  const path = pathOf(storage, id)
  const snapshots = await hasChain(storage, name, path) ? (await readChain(storage.host, path)).links.map((link) => link.path) : []
  if (isFolder(name)) await storage.host.run(removeFolderArgv(path), {timeoutMs: removeLimitMs})
  else for (const each of [...removedPaths(path, name), ...snapshots]) await files.remove(each)
  if (name.content === 'images') await removeEmptyFolder(storage.host, path.slice(0, path.lastIndexOf('/')))
}

/** The volume, and what lies beside a backup: its notes and its log. */
function removedPaths(path: string, {content}: VolumeName): string[] {
  return content === 'backup' ? [path, `${path}.notes`, path.replace(/\.(?:tgz|(?:tar|vma)(?:\.\w+)?)$/, '.log')] : [path]
}

/** Under the lock of the storage: what a killed process was writing into the folder must not keep it there. */
async function removeEmptyFolder(host: Host, folder: string): Promise<void> {
  const left = await leftoversIn(folder, host)
  if (left.length === (await host.files.list(folder)).length) for (const path of left) await host.files.remove(path)
  try {
    await host.files.remove(folder)
  } catch (error) {
    // Other disks of the guest lie in it.
    if (!(error instanceof ConflictError)) throw error
  }
}

async function leftovers({host, options}: DirStorage): Promise<string[]> {
  const images = contentFolder(options.layout, 'images')
  const owners = (await host.files.list(images)).filter((owner) => /^[1-9]\d{0,8}$/.test(owner))
  const left: string[] = []
  for (const owner of owners) left.push(...await leftoversIn(`${images}/${owner}`, host))
  return left
}

/** A linked clone reads from its base: without it the clone is lost. */
async function checkNoClones(storage: DirStorage, id: VolumeId, name: VolumeName): Promise<void> {
  const own = folderVolumeName(name)
  const images = await listFolderVolumes(storage.host, storage.name, storage.options.layout, ['images'], undefined, storage.options)
  const clone = images.find((image) => image.parent === own || image.backing?.endsWith(`/${own}`) === true)
  if (clone !== undefined) {
    throw new ConflictError(`${formatVolumeId(id)} is in use: the linked clone ${formatVolumeId(clone.id)} stands on it`)
  }
}

async function resize(storage: DirStorage, id: VolumeId, sizeBytes: number): Promise<void> {
  const current = await existingVolume(storage, id)
  if (current.content !== 'images') throw new InvalidInputError(`${formatVolumeId(id)} is not a disk, so its size cannot be changed`)
  if (sizeBytes < current.sizeBytes) {
    throw new InvalidInputError(`${formatVolumeId(id)} has ${current.sizeBytes} bytes; disks can only be made larger`, {size: 'is smaller than the disk'})
  }
  if (sizeBytes === current.sizeBytes) return
  const {host, options, name} = storage
  await resizeImage(host, name, pathOf(storage, id), blockFormat(current), {fromBytes: current.sizeBytes, toBytes: sizeBytes}, options.preallocation)
}

async function attach(storage: DirStorage, id: VolumeId, snapshot: string | undefined): Promise<string> {
  await checkMounted(storage)
  const path = snapshot === undefined ? pathOf(storage, id) : imageName(storage, id, snapshot).path
  const found = await existingVolume(storage, id)
  if (snapshot !== undefined && storage.options.keepsChains && await storage.host.files.stat(path) === undefined) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${snapshot}'`)
  if (found.format === 'qcow2' || found.format === 'vmdk') {
    // What came from elsewhere stands on nothing, not even on what lies here: that may be another guest's disk.
    if (found.content === 'import') await readImageFile(path, storage.host, found.format)
    await checkBacking(storage.host, path, found.format, contentFolder(storage.options.layout, 'images'))
  }
  return path
}
