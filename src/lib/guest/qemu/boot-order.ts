// The order in which a guest tries its devices (`boot: order=scsi0;ide2;net0`): the default for a new guest, and how it follows
// when drives come and go. Pure. The legacy form (`boot: cdn`) is left as it is.
import {driveKeys, isCloudInitDrive} from './config/drives.ts'
import {isCdromText, parseDriveText} from './drives/drive-text.ts'

/** The devices of `boot: order=…`; undefined for the legacy form. */
export function readBootOrder(boot: string | undefined): readonly string[] | undefined {
  if (boot === undefined) return undefined
  for (const part of boot.split(',')) {
    if (part.startsWith('order=')) return part.slice('order='.length).split(/[;\s]+/).filter(device => device !== '')
  }
  return boot.trim() === '' ? [] : undefined
}

/** As it stands in the configuration; nothing to boot from is an empty value. */
export function formatBootOrder(devices: readonly string[]): string {
  return devices.length === 0 ? '' : `order=${devices.join(';')}`
}

/** What a new guest boots from: its first disk, its first CD-ROM drive, its first network card, as Proxmox VE chooses them. */
export function defaultBootOrder(values: Readonly<Record<string, string>>): readonly string[] {
  const firstDrive = (wantsCdrom: boolean): string | undefined => driveKeys.find(key => {
    const value = values[key]
    if (value === undefined) return false
    const drive = parseDriveText(value)
    return !isCloudInitDrive(drive) && isCdromText(drive) === wantsCdrom
  })
  const firstNetworkCard = Object.keys(values).filter(key => /^net\d+$/.test(key)).sort()[0]
  return [firstDrive(false), firstDrive(true), firstNetworkCard].filter(device => device !== undefined)
}

/** The devices of an order that the guest does not have. */
export function missingBootDevices(devices: readonly string[], hasDevice: (key: string) => boolean): readonly string[] {
  return devices.filter(device => !hasDevice(device))
}
