// All drives but the firmware's: controllers, backends and devices, in the order of their keys.
import {InvalidInputError} from '../../../base/index.ts'
import {driveKeys, readDrive} from '../config/index.ts'
import type {Drive} from '../config/index.ts'
import {driveDevice, passThrough} from './drive-device.ts'
import {belowNode, driveNodes} from './drive-nodes.ts'
import {driveOption} from './drive-option.ts'
import type {Guest} from './guest.ts'
import type {DriveBacking} from './input.ts'
import {jsonText, optionText} from './option-text.ts'
import {controllerArguments} from './scsi-controllers.ts'

export interface DriveArguments { readonly objects: readonly string[]; readonly devices: readonly string[] }

export function driveArguments(guest: Guest, bootIndexes: ReadonlyMap<string, number>): DriveArguments {
  const objects: string[] = []
  const devices: string[] = []
  const controllers = new Set<string>()
  for (const key of driveKeys) {
    const text = guest.values[key]
    if (text === undefined) continue
    const drive = readDrive(key, text)
    const backing = backingOf(drive, guest)
    if (drive.interface === 'virtio' && drive.iothread === true) objects.push('-object', optionText('iothread', {id: `iothread-${key}`}))
    const controller = controllerArguments(drive, guest, controllers)
    objects.push(...controller.objects)
    devices.push(...controller.devices)
    const below = backing === undefined ? undefined : belowNode(key, backing)
    if (below !== undefined) devices.push('-blockdev', jsonText(below))
    if (guest.usesBlockdev && backing !== undefined) {
      const isPassedThrough = drive.interface === 'scsi' && passThrough(drive, backing) !== undefined
      const nodes = driveNodes(drive, backing, {isReadOnly: guest.isTemplate, hasIoUring: guest.input.host.hasIoUring, isPassedThrough})
      if (!isPassedThrough) objects.push('-object', jsonText(nodes.throttleGroup))
      devices.push('-blockdev', jsonText(nodes.blockdev))
    } else if (!guest.usesBlockdev) {
      // Disks on IDE and SATA cannot be read-only; a template's are covered by -snapshot.
      const isReadOnly = guest.isTemplate && drive.interface !== 'ide' && drive.interface !== 'sata'
      devices.push('-drive', driveOption(drive, backing, {isReadOnly, hasIoUring: guest.input.host.hasIoUring}))
    }
    devices.push(...driveDevice(drive, guest, bootIndexes.get(key), backing))
  }
  return {objects, devices}
}

/**
 * Where the drive's data is, checked against what the configuration says of it; undefined for an empty CD-ROM drive.
 * @throws InvalidInputError for a format other than the volume's, and an ISO image that is no CD-ROM
 */
export function backingOf(drive: Drive, guest: Guest): DriveBacking | undefined {
  if (drive.file === 'none') return undefined
  const backing = guest.input.drives[drive.key]
  if (backing === undefined) throw new Error(`the builder was not told where the data of '${drive.key}' is`)
  if (backing.storage !== undefined && drive.format !== undefined && drive.format !== backing.source.format) {
    throw new InvalidInputError(
      `'${drive.key}' says format=${drive.format}, but the volume '${drive.file}' is ${backing.source.format}`,
      {[`${drive.key}.format`]: `must be ${backing.source.format}`},
    )
  }
  if (backing.storage?.content === 'iso' && drive.media === undefined) {
    throw new InvalidInputError(`'${drive.key}' holds an ISO image and needs media=cdrom`, {[`${drive.key}.media`]: 'must be cdrom'})
  }
  return backing
}
