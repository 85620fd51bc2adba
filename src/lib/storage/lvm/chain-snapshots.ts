// Snapshots of disks in a volume group (snapshot-as-volume-chain): the disk is always the newest volume, under its own name; what was written before a snapshot
// lies in a volume of its own, on which it stands. A volume cannot be renamed over another one, so there is a moment at which none has the disk's name: the one
// that is to have it is then known by its own (DiskVolumes.head), and whoever comes next finishes it.
import {dirname, resolve} from 'node:path'
import {ConflictError, NotFoundError, UnsupportedError} from '../../base/index.ts'
import type {Chain} from '../dir/chain.ts'
import {maxSnapshotsInChain, readChain} from '../dir/chain.ts'
import {headerBytes, parseImageHeader} from '../dir/image-header.ts'
import {createOverlayArgv, rebaseArgv} from '../dir/qemu-img.ts'
import {checkSnapshotName} from '../snapshot-name.ts'
import type {ChainFiles, OpenChains, VolumeId, VolumeSnapshots} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {DiskVolumes} from './disk-volumes.ts'
import type {LvmStorage} from './group.ts'
import {logicalVolumes, runLvm} from './group.ts'
import {activateDisk, checkImage, checkNotInUse, createOverlay, deactivateDisk, diskVolumes, findDisk, runQemuImg, syncVolume} from './image-volumes.ts'
import {activateArgv, createArgv, devicePath, renameArgv} from './lvm-argv.ts'
import {overlayVolume, parseLvmVolumeName, snapshotOfVolume, snapshotVolume} from './naming.ts'
import {removalArgvs, removeVolume} from './removal.ts'

/** @param nameOf the name of a volume's disk. @throws InvalidInputError */
export function chainSnapshots(on: LvmStorage, nameOf: (id: VolumeId) => string): VolumeSnapshots {
  const imageOf = (id: VolumeId) => checkedImage(id, nameOf(id))
  /** With the disk switched on. Other hosts see it too where it is shared, so there it is switched off again. */
  const withDisk = async <R>(id: VolumeId, work: (disk: DiskVolumes) => Promise<R>): Promise<R> => {
    const disk = await activateDisk(on, id, imageOf(id))
    try {
      return await work(disk)
    } finally {
      if (on.options.shared) await deactivateDisk(on, disk.name)
    }
  }
  return {
    list: (id) => withDisk(id, async (disk) => (await chainOf(on, disk.name)).links.toReversed().map(({snapshot}) => ({
      name: snapshot, createdAtMs: disk.snapshots.find(({name}) => name === snapshot)?.volume.createdAtMs ?? 0,
    }))),
    create: (id, name) => withDisk(id, async (disk) => {
      const {target, sizeBytes} = await newSnapshot(on, id, disk, name)
      await checkNotInUse(on, id, disk)
      await createOverlay(on, disk, target, sizeBytes)
      await runLvm(on, renameArgv(on.group, disk.name, target))
      await runLvm(on, renameArgv(on.group, overlayVolume(disk.name), disk.name))
    }),
    checkRollback: (id, name) => withDisk(id, async (disk) => { await newest(on, id, disk, name) }),
    rollback: (id, name) => withDisk(id, async (disk) => {
      const {sizeBytes} = await newest(on, id, disk, name)
      await checkNotInUse(on, id, disk)
      await createOverlay(on, disk, snapshotVolume(disk.name, name), sizeBytes)
      await removeVolume(on, disk.name)
      await runLvm(on, renameArgv(on.group, overlayVolume(disk.name), disk.name))
    }),
    remove: async (id, name) => {
      await takeBack(on, imageOf(id), checkSnapshotName(name))
      await withDisk(id, (disk) => remove(on, id, disk, name))
    },
  }
}

/**
 * The same while a QEMU has the disk open. It opens volumes by their names again whenever a node is made writable or read only: it does so when it goes on in
 * the new volume, and names change only after that.
 */
export function openChains(on: LvmStorage, nameOf: (id: VolumeId) => string): OpenChains {
  const imageOf = (id: VolumeId) => checkedImage(id, nameOf(id))
  const path = (name: string) => devicePath(on.group, name)
  const filesOf = (id: VolumeId, name: string): ChainFiles => {
    const disk = imageOf(id)
    return {disk: path(disk), snapshot: path(snapshotVolume(disk, checkSnapshotName(name))), overlay: path(overlayVolume(disk))}
  }
  return {
    files: filesOf,
    prepare: async (id, name) => {
      const disk = await diskVolumes(on, id, imageOf(id))
      const {target, sizeBytes} = await newSnapshot(on, id, disk, name)
      await createOverlay(on, disk, target, sizeBytes)
      return filesOf(id, name)
    },
    settle: async (id) => {
      const disk = await findDisk(on, imageOf(id))
      if (disk === undefined) return
      const overlay = overlayVolume(disk.name)
      if (disk.head.name === disk.name) {
        if (disk.overlay === undefined) return
        const snapshot = await snapshotBelow(on, disk.name, overlay)
        if (snapshot === undefined) throw new ConflictError(`the volume ${on.group}/${overlay} does not stand on a snapshot of ${formatVolumeId(id)}`)
        await runLvm(on, renameArgv(on.group, disk.name, snapshotVolume(disk.name, snapshot)))
      }
      await runLvm(on, renameArgv(on.group, overlay, disk.name))
    },
    forget: async (id, name) => {
      const disk = await findDisk(on, imageOf(id))
      if (disk === undefined || disk.head.name !== disk.name) return
      if (disk.overlay !== undefined) await removeVolume(on, disk.overlay.name)
      const left = disk.snapshots.find((snapshot) => snapshot.name === name)
      if (left !== undefined && !await standsOn(on, disk, name)) await removeVolume(on, left.volume.name)
    },
    place: async (id, name) => {
      const {name: disk} = await diskVolumes(on, id, imageOf(id))
      const {links, foundation} = await chainOf(on, disk)
      const index = links.findIndex(({snapshot}) => snapshot === checkSnapshotName(name))
      if (index < 0) return undefined
      const link = links[index + 1]
      const below = link !== undefined ? {path: link.path, named: snapshotVolume(disk, link.snapshot)}
        : foundation === undefined ? undefined : {path: resolve(dirname(path(disk)), foundation.backing), named: foundation.backing}
      return {child: links[index - 1]?.path ?? path(disk), ...(below === undefined ? {} : {below})}
    },
  }
}

/** @throws ConflictError when there is one by that name, or too many */
async function newSnapshot(on: LvmStorage, id: VolumeId, disk: DiskVolumes, name: string): Promise<{readonly target: string; readonly sizeBytes: number}> {
  const target = snapshotVolume(disk.name, checkSnapshotName(name))
  await checkImage(on, disk.name)
  const {links, sizeBytes} = await chainOf(on, disk.name)
  if (links.some(({snapshot}) => snapshot === name) || disk.snapshots.some((snapshot) => snapshot.name === name)) throw new ConflictError(`${formatVolumeId(id)} has a snapshot '${name}' already`)
  if (links.length >= maxSnapshotsInChain) throw new ConflictError(`${formatVolumeId(id)} has ${links.length} snapshots, and more would make it slow`, {nextSteps: ['Remove one that is not needed.']})
  return {target, sizeBytes}
}

/** @throws NotFoundError, ConflictError for an older one */
async function newest(on: LvmStorage, id: VolumeId, disk: DiskVolumes, name: string): Promise<{readonly sizeBytes: number}> {
  const {links} = await chainOf(on, disk.name)
  const index = links.findIndex(({snapshot}) => snapshot === checkSnapshotName(name))
  const link = links[index]
  if (link === undefined) throw new NotFoundError(`${formatVolumeId(id)} has no snapshot '${name}'`)
  if (index === 0) return link
  const newer = links.slice(0, index).map(({snapshot}) => snapshot).join(', ')
  throw new ConflictError(`${formatVolumeId(id)} can only go back to its newest snapshot: a chain of volumes would lose ${newer}`, {nextSteps: ['Remove the newer ones first, or clone the guest from the snapshot.']})
}

/** Taking the snapshot was cut off between its two renames: nothing was written to the new volume yet, so the disk gets its name back. */
async function takeBack(on: LvmStorage, disk: string, name: string): Promise<void> {
  const target = snapshotVolume(disk, name)
  const names = new Set((await logicalVolumes(on)).map((volume) => volume.name))
  if (names.has(disk) || !names.has(target)) return
  const overlay = overlayVolume(disk)
  if (names.has(overlay)) {
    await runLvm(on, activateArgv(on.group, overlay))
    // It takes the place of a disk that went back to another snapshot.
    if (await snapshotBelow(on, disk, overlay) !== name) return
    await removeVolume(on, overlay)
  }
  await runLvm(on, renameArgv(on.group, target, disk))
}

/** What the snapshot has and its child has not goes into the child, which may be done twice. Then its volume is of no use any more. */
async function remove(on: LvmStorage, id: VolumeId, disk: DiskVolumes, name: string): Promise<void> {
  const {links, foundation} = await chainOf(on, disk.name)
  const index = links.findIndex(({snapshot}) => snapshot === name)
  if (index >= 0) {
    const child = links[index - 1]?.path ?? devicePath(on.group, disk.name)
    const below = links[index + 1]
    await checkNotInUse(on, id, disk)
    await checkImage(on, disk.name)
    await runQemuImg(on, id, rebaseArgv(child, below === undefined ? foundation : {backing: snapshotVolume(disk.name, below.snapshot), format: 'qcow2'}))
    await syncVolume(on, child.slice(child.lastIndexOf('/') + 1))
  }
  if (disk.overlay !== undefined) await removeVolume(on, disk.overlay.name)
  if (disk.snapshots.some((snapshot) => snapshot.name === name)) await removeVolume(on, snapshotVolume(disk.name, name))
}

async function standsOn(on: LvmStorage, disk: DiskVolumes, name: string): Promise<boolean> {
  return (await chainOf(on, disk.name)).links.some(({snapshot}) => snapshot === name)
}

function chainOf(on: LvmStorage, disk: string): Promise<Chain> {
  return readChain(on.host, devicePath(on.group, disk), snapshotOfVolume)
}

/** The snapshot on which the volume that is to take the place of a disk says that it stands; there may be no volume by its name yet. */
async function snapshotBelow({host, group}: LvmStorage, disk: string, overlay: string): Promise<string | undefined> {
  const {backing = ''} = parseImageHeader('qcow2', await host.files.readAt(devicePath(group, overlay), 0, headerBytes))
  return snapshotOfVolume(backing, disk)
}

/** Pure. @throws UnsupportedError for what is no qcow2 image */
function checkedImage(id: VolumeId, name: string): string {
  if (parseLvmVolumeName(name).format === 'qcow2') return name
  throw new UnsupportedError(`${formatVolumeId(id)} is no qcow2 image, and only those have snapshots in a volume group`, {nextSteps: ['Copy it into a qcow2 image first: qm disk move <vmid> <disk> <storage> --format qcow2']})
}

/** Pure: what a change comes to, to be shown; sizes and the names of what lies below are known when it is carried out. */
export function chainCommands(on: Pick<LvmStorage, 'group' | 'options'>, what: 'create' | 'rollback' | 'remove', disk: string, name: string): string[][] {
  const {group} = on
  const target = snapshotVolume(disk, name)
  if (what === 'remove') return [['qemu-img', 'rebase', '-q', '-f', 'qcow2', '-b', '…', '--', '…'], ...removalArgvs(on, target)]
  const overlay = overlayVolume(disk)
  const sized = (argv: readonly string[]) => argv.map((word) => word === '0k' || word === '0' ? '…' : word)
  return [
    sized(createArgv(group, overlay, parseLvmVolumeName(disk).vmid ?? 0, 0)), sized(createOverlayArgv(devicePath(group, overlay), target, 0)),
    ...what === 'create' ? [renameArgv(group, disk, target)] : removalArgvs(on, disk), renameArgv(group, overlay, disk),
  ]
}
