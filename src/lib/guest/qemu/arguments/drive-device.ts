// The device in front of a drive: what the guest sees on its IDE, SATA, SCSI or virtio bus.
import {driveCounts, isCdrom, isCloudInitDrive} from '../config/index.ts'
import type {Drive} from '../config/index.ts'
import type {Guest} from './guest.ts'
import type {DriveBacking} from './input.ts'
import {optionText} from './option-text.ts'
import type {OptionValue} from './option-text.ts'
import {pciAddress} from './pci-addresses.ts'
import {scsiController} from './scsi-controllers.ts'
import {throttleLimits} from './throttling.ts'

interface Front { readonly driver: string; readonly place: Readonly<Record<string, OptionValue>>; readonly traits: Readonly<Record<string, OptionValue>> }

export function driveDevice(drive: Drive, guest: Guest, bootIndex: number | undefined, backing?: DriveBacking): string[] {
  const passed = drive.interface === 'scsi' ? passThrough(drive, backing) : undefined
  if (passed !== undefined) return passedDevice(drive, guest, passed, bootIndex)
  const front = drive.interface === 'virtio' ? virtioFront(drive, guest) : drive.interface === 'scsi' ? scsiFront(drive, guest) : ataFront(drive, guest)
  const hasNode = !guest.usesBlockdev || drive.file !== 'none'
  return ['-device', optionText(front.driver, {
    ...front.place,
    drive: hasNode ? `drive-${drive.key}` : undefined,
    id: drive.key,
    ...front.traits,
    bootindex: bootIndex,
    serial: drive.serial === undefined ? undefined : decodeUrl(drive.serial),
    ...(guest.usesBlockdev ? {'write-cache': writeCache(drive), rerror: drive.rerror, werror: drive.werror} : {}),
  })]
}

function virtioFront(drive: Drive, guest: Guest): Front {
  return {
    driver: 'virtio-blk-pci', place: {},
    traits: {...pciAddress(drive.key, guest), iothread: drive.iothread === true ? `iothread-${drive.key}` : undefined},
  }
}

function scsiPlace(drive: Drive, guest: Guest): Record<string, OptionValue> {
  const controller = scsiController(drive, guest)
  return controller.hasLuns
    ? {bus: `${controller.id}.0`, channel: 0, 'scsi-id': 0, lun: drive.index}
    : {bus: `${controller.id}.0`, 'scsi-id': controller.unit}
}

function scsiFront(drive: Drive, guest: Guest): Front {
  const driver = isCdrom(drive) || isCloudInitDrive(drive) ? 'scsi-cd' : 'scsi-hd'
  return {
    driver, place: scsiPlace(drive, guest),
    traits: {
      // With -drive the id of the backend serves as device id; a node has no such id.
      device_id: guest.usesBlockdev ? `drive-${drive.key}` : undefined,
      rotation_rate: drive.ssd === true && driver === 'scsi-hd' ? 1 : undefined,
      wwn: drive.wwn, vendor: drive.vendor, product: drive.product,
    },
  }
}

/** SCSI devices of the host whose commands the guest gives itself: tapes always, disks when asked for. */
export function passThrough(drive: Drive, backing: DriveBacking | undefined): 'scsi-block' | 'scsi-generic' | undefined {
  if (isCdrom(drive)) return undefined
  if (backing?.scsiType === 1) return 'scsi-generic'
  return backing?.scsiType === 0 && drive.scsiblock === true ? 'scsi-block' : undefined
}

/** The guest reads names and serial number from the device itself. */
function passedDevice(drive: Drive, guest: Guest, driver: 'scsi-block' | 'scsi-generic', bootIndex: number | undefined): string[] {
  const given = [...(['serial', 'vendor', 'product', 'wwn'] as const).filter(name => drive[name] !== undefined), ...Object.keys(throttleLimits(drive))]
  if (given.length > 0) guest.warn(`'${drive.key}' is handed through whole, so this has no effect: ${given.join(', ')}`)
  const errors = driver === 'scsi-block' && guest.usesBlockdev ? {rerror: drive.rerror, werror: drive.werror} : {}
  return ['-device', optionText(driver, {...scsiPlace(drive, guest), drive: `drive-${drive.key}`, id: drive.key, bootindex: bootIndex, ...errors})]
}

function ataFront(drive: Drive, guest: Guest): Front {
  // A template's disks are read-only, which an IDE disk cannot be and a CD-ROM drive is. Nobody looks at it.
  const kind = isCdrom(drive) || guest.isTemplate ? 'cd' : 'hd'
  return {
    driver: `ide-${kind}`,
    place: drive.interface === 'sata' ? sataPlace(drive) : idePlace(drive, guest),
    traits: {
      model: kind === 'hd' && drive.model !== undefined ? decodeUrl(drive.model) : undefined,
      rotation_rate: kind === 'hd' && drive.ssd === true ? 1 : undefined,
      wwn: drive.wwn,
    },
  }
}

function sataPlace(drive: Drive): Record<string, OptionValue> {
  return {bus: `ahci${Math.floor(drive.index / driveCounts.sata)}.${drive.index % driveCounts.sata}`}
}

/** q35 has one unit on each IDE bus: even drives stay where i440fx has them, odd ones move up by two buses. */
function idePlace(drive: Drive, guest: Guest): Record<string, OptionValue> {
  const bus = Math.floor(drive.index / 2)
  const unit = drive.index % 2
  return guest.machine.isQ35 ? {bus: `ide.${bus + 2 * unit}`, unit: 0} : {bus: `ide.${bus}`, unit}
}

/** Whether the guest sees a cache that it has to flush. */
function writeCache(drive: Drive): boolean | undefined {
  return isCdrom(drive) ? undefined : drive.cache !== 'writethrough' && drive.cache !== 'directsync'
}

function decodeUrl(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1').replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
