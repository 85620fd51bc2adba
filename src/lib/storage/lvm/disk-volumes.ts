// Which logical volumes of a group make up a disk: the volume by its name and, of a qcow2 image, its snapshots and the volume in which it is about to go on.
// Pure.
import {diskOfOverlay, overlayVolume, parseLvmVolumeName, snapshotOfVolume} from './naming.ts'
import type {LogicalVolume} from './report.ts'

export interface DiskVolumes {
  readonly name: string
  /** What holds the disk. It has another name for a moment: of two volumes, one of which takes the place of the other, the latter was gone when somebody died. */
  readonly head: LogicalVolume
  /** Made to take the place of the disk, which it has not done. */
  readonly overlay?: LogicalVolume
  /** In no order: that is in their headers. */
  readonly snapshots: readonly {readonly name: string; readonly volume: LogicalVolume}[]
}

/** The disks of guests among the volumes of a group, in the order of these. */
export function disksOf(found: readonly LogicalVolume[]): DiskVolumes[] {
  const byName = new Map(found.map((volume) => [volume.name, volume]))
  const names = new Set(found.map(({name}) => diskOfOverlay(name) ?? name).filter(isDisk))
  const snapshots = snapshotsByDisk(found, names)
  return [...names].flatMap((name) => {
    const [own, overlay] = [byName.get(name), byName.get(overlayVolume(name))]
    const head = own ?? overlay
    if (head === undefined) return []
    return [{name, head, snapshots: snapshots.get(name) ?? [], ...own === undefined || overlay === undefined ? {} : {overlay}}]
  })
}

/** The names of two disks may begin alike: a snapshot is that of the longer one. */
function snapshotsByDisk(found: readonly LogicalVolume[], names: ReadonlySet<string>): Map<string, {name: string; volume: LogicalVolume}[]> {
  const byDisk = new Map<string, {name: string; volume: LogicalVolume}[]>()
  const candidates = found.filter(({name}) => name.startsWith('snap_'))
  if (candidates.length === 0) return byDisk
  for (const volume of candidates) {
    const disk = possibleDisks(volume.name).find((name) => names.has(name))
    const name = disk === undefined ? undefined : snapshotOfVolume(volume.name, disk)
    if (disk === undefined || name === undefined) continue
    byDisk.set(disk, [...byDisk.get(disk) ?? [], {name, volume}])
  }
  return byDisk
}

/** The disks that a snapshot can be of by its name, the longest first. */
function possibleDisks(snapshot: string): string[] {
  const stem = snapshot.slice('snap_'.length)
  const ends = [...stem.matchAll(/_/g)].map(({index}) => index).reverse()
  return ends.map((end) => `${stem.slice(0, end)}.qcow2`)
}

function isDisk(name: string): boolean {
  try {
    parseLvmVolumeName(name)
    return true
  } catch {
    return false
  }
}

/** All of them, the disk itself first. */
export function volumesOf({head, overlay, snapshots}: DiskVolumes): LogicalVolume[] {
  return [head, ...snapshots.map(({volume}) => volume), ...overlay === undefined ? [] : [overlay]]
}
