// SCSI controllers: which one carries a drive, and the devices for them. AHCI, which carries SATA drives, is here as well.
import {InvalidInputError} from '../../../base/index.ts'
import {driveCounts} from '../config/index.ts'
import type {Drive} from '../config/index.ts'
import type {Guest} from './guest.ts'
import {isAtLeast} from './machine-version.ts'
import {optionText} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'

export interface ScsiController {
  readonly id: string
  readonly driver: string
  /** The place of the drive on its controller. */
  readonly unit: number
  /** Whether drives are logical units of one target, rather than targets of their own. */
  readonly hasLuns: boolean
  readonly isForOneDrive: boolean
}

export function scsiHardware(guest: Guest): string {
  return guest.values['scsihw'] ?? 'lsi'
}

export function scsiController(drive: Drive, guest: Guest): ScsiController {
  const hardware = scsiHardware(guest)
  const isLsi = hardware.startsWith('lsi')
  const isSingle = hardware === 'virtio-scsi-single'
  const drivesEach = isLsi ? 7 : isSingle ? 1 : 256
  return {
    id: `${isSingle ? 'virtioscsi' : 'scsihw'}${Math.floor(drive.index / drivesEach)}`,
    driver: isSingle ? 'virtio-scsi-pci' : hardware,
    unit: drive.index % drivesEach,
    hasLuns: !isLsi && hardware !== 'pvscsi',
    isForOneDrive: isSingle,
  }
}

/** Arguments for the controller of a drive and its thread; `known` holds the controllers that are there already. */
export function controllerArguments(drive: Drive, guest: Guest, known: Set<string>): {readonly objects: string[]; readonly devices: string[]} {
  if (drive.interface === 'sata') return {objects: [], devices: ahciDevice(drive, guest, known)}
  if (drive.interface !== 'scsi') return {objects: [], devices: []}
  if (drive.index > 13 && !isAtLeast(guest.machine.version, 4, 1, 2)) {
    throw new InvalidInputError(
      `'${drive.key}' needs a machine version of at least 4.1+pve2; older boards have 14 SCSI drives`,
      {[drive.key]: 'needs a newer machine version'},
    )
  }
  const controller = scsiController(drive, guest)
  const hasThread = controller.isForOneDrive && drive.iothread === true
  if (drive.iothread === true && !controller.isForOneDrive) guest.warn(`'iothread' of '${drive.key}' has no effect: it needs scsihw virtio-scsi-single`)
  if (drive.queues !== undefined && !controller.isForOneDrive) guest.warn(`'queues' of '${drive.key}' has no effect: it needs scsihw virtio-scsi-single`)
  if (known.has(controller.id)) return {objects: [], devices: []}
  known.add(controller.id)
  const iothread = `iothread-${controller.id}`
  return {
    objects: hasThread ? ['-object', optionText('iothread', {id: iothread})] : [],
    devices: ['-device', optionText(controller.driver, {
      id: controller.id, ...pciAddress(controller.id, guest),
      iothread: hasThread ? iothread : undefined,
      num_queues: controller.isForOneDrive ? drive.queues : undefined,
    })],
  }
}

function ahciDevice(drive: Drive, guest: Guest, known: Set<string>): string[] {
  const id = `ahci${Math.floor(drive.index / driveCounts.sata)}`
  if (known.has(id)) return []
  known.add(id)
  return ['-device', optionText('ahci', {id, multifunction: true, ...pciAddress(id, guest)})]
}
