// Where raw disks lie on btrfs: each in a subvolume of its own, and a snapshot of it in another one beside it. The names are Proxmox VE's. Pure.
import {UnsupportedError} from '../../base/index.ts'
import type {FolderLayout} from '../naming.ts'
import {contentFolder} from '../naming.ts'
import type {VolumeName} from '../storage.ts'

export const diskFile = 'disk.raw'

/** The folder of a guest's disks. */
export function guestFolder(layout: FolderLayout, vmid: number): string {
  return `${contentFolder(layout, 'images')}/${vmid}`
}

/** `100/vm-100-disk-0.raw` lies in the subvolume `images/100/vm-100-disk-0`, its snapshot in `images/100/vm-100-disk-0@name`. */
export function subvolumePath(layout: FolderLayout, name: VolumeName, snapshot?: string): string {
  if (!isSubvolumeDisk(name)) throw new UnsupportedError(`${name.base} lies in no subvolume of its own`)
  return `${guestFolder(layout, name.vmid)}/${name.base.replace(/\.raw$/, '')}${snapshot === undefined ? '' : `@${snapshot}`}`
}

/** Where what a stream brings lies until it has been looked at. */
export function importFolder(layout: FolderLayout, name: VolumeName): string {
  return `${subvolumePath(layout, name)}.import`
}

export function diskPath(layout: FolderLayout, name: VolumeName, snapshot?: string): string {
  return `${subvolumePath(layout, name, snapshot)}/${diskFile}`
}

export function isSubvolumeDisk(name: VolumeName): name is VolumeName & {readonly vmid: number} {
  return name.content === 'images' && name.format === 'raw' && name.vmid !== undefined
}

/** The name of the disk in a subvolume of a guest's folder; undefined for snapshots and everything else. */
export function diskBase(entry: string): string | undefined {
  return /^(?:vm|base)-\d{1,9}-[^/\s@]{1,200}$/.test(entry) && !/\.(?:raw|qcow2|vmdk|subvol|rollback|import)$/.test(entry) ? `${entry}.raw` : undefined
}

/** The snapshot in a subvolume beside that of a disk. */
export function snapshotIn(entry: string, base: string): string | undefined {
  const stem = `${base.replace(/\.raw$/, '')}@`
  return entry.startsWith(stem) ? entry.slice(stem.length) : undefined
}
