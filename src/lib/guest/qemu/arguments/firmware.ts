// OVMF: its code and the disk with its variables. SeaBIOS needs no arguments: QEMU brings it.
import {InvalidInputError, UnavailableError} from '../../../base/index.ts'
import {readDrive} from '../config/index.ts'
import type {Drive} from '../config/index.ts'
import {driveNodes} from './drive-nodes.ts'
import {sourceOptions} from './drive-option.ts'
import {backingOf} from './drives.ts'
import type {Guest} from './guest.ts'
import {encryptionOf} from './encryption.ts'
import type {DriveBacking, FirmwareFile, FirmwareName, QemuArguments, UnifiedFirmwareName} from './input.ts'
import {isAtLeast} from './machine-version.ts'
import {jsonText, optionList} from './option-text.ts'

export interface FirmwareArguments {
  readonly argv: readonly string[]
  readonly machineFlags: readonly string[]
  readonly temporaryFiles: QemuArguments['temporaryFiles']
}

/** @throws UnavailableError when the firmware is not installed */
export function firmwareArguments(guest: Guest): FirmwareArguments {
  if (guest.values['bios'] !== 'ovmf') return {argv: [], machineFlags: [], temporaryFiles: []}
  const text = guest.values['efidisk0']
  const encryption = encryptionOf(guest.values)
  if (encryption === 'sev-snp' || encryption === 'tdx') return measuredFirmware(guest, encryption, text !== undefined)
  const configured = text === undefined ? undefined : readDrive('efidisk0', text)
  const firmware = installedFirmware(guest, configured)
  const {drive, backing, temporaryFiles} = configured === undefined
    ? temporaryVariables(guest, firmware)
    : {drive: configured, backing: backingOf(configured, guest), temporaryFiles: []}
  if (backing === undefined) throw new Error('the disk of the firmware\'s variables cannot be empty')
  const parts = guest.usesBlockdev ? asNodes(drive, backing, firmware, guest) : asOptions(drive, backing, firmware, guest)
  return {...parts, temporaryFiles}
}

/** One file that the CPU measures as a whole, so there is no place for variables. */
function measuredFirmware(guest: Guest, name: UnifiedFirmwareName, hasDisk: boolean): FirmwareArguments {
  const path = guest.input.host.firmware[name]
  if (path === undefined) throw notInstalled(name, 'apt-get install ovmf')
  if (hasDisk) guest.warn("'efidisk0' is left out: the firmware of a guest that is protected this way keeps no variables")
  return {argv: ['-bios', path], machineFlags: [], temporaryFiles: []}
}

function notInstalled(name: string, remedy: string): UnavailableError {
  return new UnavailableError(`the UEFI firmware that this guest needs (${name}) is not installed`, {nextSteps: [remedy]})
}

function installedFirmware(guest: Guest, disk: Drive | undefined): FirmwareFile {
  if (encryptionOf(guest.values) === 'sev') return sevFirmware(guest, disk)
  const name: FirmwareName = guest.arch === 'aarch64' ? 'arm' : disk?.efitype === '4m' ? (guest.machine.isQ35 ? '4m-smm' : '4m') : '2m'
  const firmware = guest.input.host.firmware[name]
  if (firmware === undefined) {
    const remedy = name === '2m'
      ? 'Newer packages of ovmf have only the larger variant: give efidisk0 efitype=4m.'
      : `apt-get install ${name === 'arm' ? 'qemu-efi-aarch64' : 'ovmf'}`
    throw notInstalled(name, remedy)
  }
  return firmware
}

/** There is no build with System Management Mode for encrypted memory, and none with the small variable store. */
function sevFirmware(guest: Guest, disk: Drive | undefined): FirmwareFile {
  if (disk !== undefined && disk.efitype !== '4m') {
    throw new InvalidInputError('\'amd-sev\' needs a variable store of the larger kind', {'efidisk0.efitype': 'must be 4m for amd-sev'})
  }
  const firmware = guest.input.host.firmware.sev
  if (firmware === undefined) throw notInstalled('sev', 'apt-get install ovmf')
  return firmware
}

/** Without efidisk0 the variables live until the guest ends. */
function temporaryVariables(guest: Guest, firmware: FirmwareFile): {drive: Drive; backing: DriveBacking; temporaryFiles: QemuArguments['temporaryFiles']} {
  const path = guest.input.paths.firmware
  return {
    drive: {key: 'efidisk0', interface: 'efidisk', index: 0, file: path},
    backing: {source: {protocol: {driver: 'file', filename: path}, format: 'raw'}},
    temporaryFiles: [{from: firmware.vars, to: path}],
  }
}

function asNodes(drive: Drive, backing: DriveBacking, firmware: FirmwareFile, guest: Guest): Omit<FirmwareArguments, 'temporaryFiles'> {
  // The firmware reads and writes in small steps, which is slow past the page cache.
  const nodes = driveNodes({...drive, cache: 'writeback'}, backing, {
    isReadOnly: guest.isTemplate, hasIoUring: guest.input.host.hasIoUring, sizeBytes: firmware.varsSizeBytes,
  })
  const code = {driver: 'raw', file: {driver: 'file', filename: firmware.code}, 'node-name': 'pflash0', 'read-only': true}
  return {
    argv: ['-object', jsonText(nodes.throttleGroup), '-blockdev', jsonText(code), '-blockdev', jsonText(nodes.blockdev)],
    machineFlags: ['pflash0=pflash0', `pflash1=drive-${drive.key}`],
  }
}

function asOptions(drive: Drive, backing: DriveBacking, firmware: FirmwareFile, guest: Guest): Omit<FirmwareArguments, 'temporaryFiles'> {
  const hasSize = backing.source.format === 'raw' && isAtLeast(guest.machine.version, 4, 1, 2)
  return {
    argv: [
      '-drive', optionList({if: 'pflash', unit: 0, format: 'raw', readonly: true, file: firmware.code}),
      '-drive', optionList({
        if: 'pflash', unit: 1, id: `drive-${drive.key}`, format: backing.source.format, ...sourceOptions(drive, backing),
        size: hasSize ? firmware.varsSizeBytes : undefined, readonly: guest.isTemplate ? true : undefined,
      }),
    ],
    machineFlags: [],
  }
}
