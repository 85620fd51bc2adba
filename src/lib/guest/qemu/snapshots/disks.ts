// The disks that a snapshot is made of, and whether their storages can do it. What is looked up here is data for the plans, which are pure.
import {AppError, ConflictError, NotFoundError, UnsupportedError, errorChain} from '../../../base/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {StorageContext} from '../../../storage/index.ts'
import {isDriveKey} from '../config/drives.ts'
import {isUnusedKey, isCdromText, parseDriveText} from '../drives/drive-text.ts'

export interface SnapshotDisk {
  readonly key: string
  readonly volume: string
  /** The snapshot lies in an image file (qcow2), which the QEMU of a running guest has open: it has to make it. */
  readonly isInImage: boolean
  /** It is a file of its own, and the disk another one from then on: not beneath a QEMU that has the disk open. */
  readonly isInChain?: boolean
  /** What the storage runs for it, as it would be typed. */
  readonly commands: readonly (readonly string[])[]
}

/** What is to be done to a snapshot of each disk. */
export interface SnapshotChange {
  readonly what: 'create' | 'rollback' | 'remove'
  readonly name: string
}

const interfaceOrder = ['ide', 'scsi', 'virtio', 'sata', 'efidisk', 'tpmstate']

/** The drives with data of the guest, in the order of Proxmox VE: no CD-ROMs, no empty trays, no unused disks. */
export function snapshotDrives(values: Readonly<Record<string, string>>): {key: string; file: string}[] {
  const rank = (key: string) => interfaceOrder.indexOf(key.replaceAll(/\d/g, '')) * 1000 + Number(key.replaceAll(/\D/g, ''))
  return Object.entries(values)
    .filter(([key, text]) => isDriveKey(key) && !isUnusedKey(key) && !isCdromText(parseDriveText(text)))
    .map(([key, text]) => ({key, file: parseDriveText(text).file}))
    .sort((a, b) => rank(a.key) - rank(b.key))
}

/**
 * The disks of a section, all of which can have snapshots and, to go back, have this one.
 * @throws UnsupportedError or ConflictError naming every disk that cannot, and why
 */
export async function snapshotDisks(values: Readonly<Record<string, string>>, change: SnapshotChange, context: StorageContext): Promise<SnapshotDisk[]> {
  const disks: SnapshotDisk[] = []
  const faults: {key: string; reason: string; kind: string; nextSteps: readonly string[]}[] = []
  for (const {key, file} of snapshotDrives(values)) {
    try {
      disks.push(await snapshotDisk(key, file, change, context))
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
      faults.push({key, reason: errorChain(error).join(': '), kind: error.kind, nextSteps: error.nextSteps})
    }
  }
  if (faults.length === 0) return disks
  const list = faults.map(({key, reason}) => `${key}: ${reason}`).join('; ')
  const data = {keys: faults.map(({key}) => key)}
  if (change.what === 'rollback' && faults.some(({kind}) => kind === 'not-found' || kind === 'conflict')) {
    throw new ConflictError(`not every disk can go back to the snapshot '${change.name}': ${list}`, {data, nextSteps: [...new Set(faults.flatMap(({nextSteps}) => nextSteps))]})
  }
  throw new UnsupportedError(`not every disk can have snapshots: ${list}`, {
    data, nextSteps: ['On a storage that is a folder, disks need the format qcow2.', `Or take the disk out: ${faults.map(({key}) => key).join(', ')}`],
  })
}

/** @throws UnsupportedError when the guest has a disk open whose snapshots are files of their own */
export function assertNotOpenInChain(vmid: number, disks: readonly SnapshotDisk[], isRunning: boolean): void {
  const open = disks.filter(({isInChain}) => isRunning && isInChain === true).map(({key}) => key)
  if (open.length === 0) return
  throw new UnsupportedError(`virtual machine ${vmid} runs, and snapshots of ${open.join(', ')} are files of their own (snapshot-as-volume-chain), which cannot be taken or removed meanwhile`, {
    data: {keys: open}, nextSteps: [`Shut it down first: qm shutdown ${vmid}`],
  })
}

/** Those of a section that can still be reached; what cannot is told and left. */
export async function reachableDisks(
  values: Readonly<Record<string, string>>, change: SnapshotChange, context: StorageContext, onFault: (message: string) => void,
): Promise<SnapshotDisk[]> {
  const disks: SnapshotDisk[] = []
  for (const {key, file} of snapshotDrives(values)) {
    try {
      disks.push(await snapshotDisk(key, file, change, context))
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
      onFault(`the snapshot of ${key} (${file}) is left behind: ${errorChain(error).join(': ')}`)
    }
  }
  return disks
}

async function snapshotDisk(key: string, file: string, {what, name}: SnapshotChange, context: StorageContext): Promise<SnapshotDisk> {
  if (file.startsWith('/')) throw new UnsupportedError(`'${file}' is a path, and only volumes of storages have snapshots`)
  const {storage, id} = await openVolume(file, context)
  const {format} = storage.parseName(id.name)
  const {snapshotFormats} = storage.traits
  if (storage.snapshots === undefined || snapshotFormats.length === 0) throw new UnsupportedError(`storage '${id.storage}' (${storage.config.type}) has no snapshots`)
  if (!snapshotFormats.some((able) => able === format)) {
    throw new UnsupportedError(`storage '${id.storage}' (${storage.config.type}) has snapshots of ${snapshotFormats.join(', ')} only, and ${file} is ${format}`)
  }
  if (what === 'rollback') {
    if (!(await storage.snapshots.list(id)).some((snapshot) => snapshot.name === name)) throw new NotFoundError(`${file} has no snapshot '${name}'`)
    await storage.snapshots.checkRollback?.(id, name)
  }
  const isInChain = format === 'qcow2' && storage.traits.keepsChains === true
  return {key, volume: file, isInImage: format === 'qcow2' && !isInChain, ...isInChain ? {isInChain} : {}, commands: storage.commands({snapshot: what, id, name})}
}
