// The disks of a virtual machine that a snapshot is made of (guest/snapshots/snapshot-volumes.ts), and what cannot be done while it runs.
import type {StorageContext} from '../../../storage/index.ts'
import {reachableVolumes, snapshotVolumes} from '../../snapshots/snapshot-volumes.ts'
import type {SectionVolumes, SnapshotChange, SnapshotVolume} from '../../snapshots/snapshot-volumes.ts'
import {isDriveKey} from '../config/drives.ts'
import {isUnusedKey, isCdromText, parseDriveText} from '../drives/drive-text.ts'

const interfaceOrder = ['ide', 'scsi', 'virtio', 'sata', 'efidisk', 'tpmstate']

/** The drives with data of the guest, in the order of Proxmox VE: no CD-ROMs, no empty trays, no unused disks. */
export function snapshotDrives(values: Readonly<Record<string, string>>): {key: string; file: string}[] {
  const rank = (key: string) => interfaceOrder.indexOf(key.replaceAll(/\d/g, '')) * 1000 + Number(key.replaceAll(/\D/g, ''))
  return Object.entries(values)
    .filter(([key, text]) => isDriveKey(key) && !isUnusedKey(key) && !isCdromText(parseDriveText(text)))
    .map(([key, text]) => ({key, file: parseDriveText(text).file}))
    .sort((a, b) => rank(a.key) - rank(b.key))
}

function disksOf(values: Readonly<Record<string, string>>): SectionVolumes {
  return {noun: 'disk', volumes: snapshotDrives(values), advice: ['On a storage that is a folder, disks need the format qcow2.']}
}

/** @throws UnsupportedError or ConflictError naming every disk that cannot, and why */
export function snapshotDisks(values: Readonly<Record<string, string>>, change: SnapshotChange, context: StorageContext): Promise<SnapshotVolume[]> {
  return snapshotVolumes(disksOf(values), change, context)
}

/** Those of a section that can still be reached; what cannot is told and left. */
export function reachableDisks(values: Readonly<Record<string, string>>, change: SnapshotChange, context: StorageContext, onFault: (message: string) => void): Promise<SnapshotVolume[]> {
  return reachableVolumes(disksOf(values), change, context, onFault)
}
