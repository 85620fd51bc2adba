// Where raw disks and folders of containers lie on btrfs: a disk in a subvolume of its own, a folder is one, and a snapshot of either is another one beside it.
// The names are Proxmox VE's. Pure.
import {UnsupportedError} from '../../base/index.ts'
import type {FolderLayout} from '../naming.ts'
import {contentFolder} from '../naming.ts'
import type {VolumeName} from '../storage.ts'

export const diskFile = 'disk.raw'

/** The folder of a guest's disks. */
export function guestFolder(layout: FolderLayout, vmid: number): string {
  return `${contentFolder(layout, 'images')}/${vmid}`
}

/** `100/vm-100-disk-0.raw` lies in the subvolume `images/100/vm-100-disk-0`, its snapshot in `images/100/vm-100-disk-0@name`; `100/subvol-100-disk-0.subvol` is one. */
export function subvolumePath(layout: FolderLayout, name: VolumeName, snapshot?: string): string {
  if (!isSubvolumeDisk(name)) throw new UnsupportedError(`${name.base} lies in no subvolume of its own`)
  return `${guestFolder(layout, name.vmid)}/${name.base.replace(/\.raw$/, '')}${snapshot === undefined ? '' : `@${snapshot}`}`
}

/** Where what a stream brings lies until it has been looked at. */
export function importFolder(layout: FolderLayout, name: VolumeName): string {
  return `${subvolumePath(layout, name)}.import`
}

/** The image of a disk, or the folder. */
export function diskPath(layout: FolderLayout, name: VolumeName, snapshot?: string): string {
  const path = subvolumePath(layout, name, snapshot)
  return name.format === 'subvol' ? path : `${path}/${diskFile}`
}

/** A raw disk, or the folder of a container. */
export function isSubvolumeDisk(name: VolumeName): name is VolumeName & {readonly vmid: number} {
  return name.content === 'images' && (name.format === 'raw' || name.format === 'subvol') && name.vmid !== undefined
}

/** The name of the disk (of the folder) in a subvolume of a guest's folder; undefined for snapshots and everything else. */
export function diskBase(entry: string): string | undefined {
  if (/^(?:subvol|basevol)-\d{1,9}-[^/\s@]{1,200}\.subvol$/.test(entry)) return entry
  return /^(?:vm|base)-\d{1,9}-[^/\s@]{1,200}$/.test(entry) && !/\.(?:raw|qcow2|vmdk|subvol|rollback|import)$/.test(entry) ? `${entry}.raw` : undefined
}

/** The snapshot in a subvolume beside that of a disk. */
export function snapshotIn(entry: string, base: string): string | undefined {
  const stem = `${base.replace(/\.raw$/, '')}@`
  return entry.startsWith(stem) ? entry.slice(stem.length) : undefined
}
