// Versions of boards: which one a guest gets, and what its version brings. Proxmox VE adds revisions of its own (`+pveN`) to QEMU's
// versions; stock QEMU does not know them, so they decide here and stay out of the arguments.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {readMachine, windowsGeneration} from '../config/index.ts'
import type {Architecture} from './input.ts'

export interface MachineVersion { readonly major: number; readonly minor: number; readonly revision: number }

/**
 * Proxmox VE's revisions of boards, the highest of each version: 4.1+pve2 more SCSI drives, 9.2+pve1 no S3/S4, 10.0+pve1 host_mtu
 * always given, 11.0+pve2 eVMCS for nested Windows.
 */
const highestRevision: Readonly<Record<string, number>> = {'4.1': 2, '9.2': 1, '10.0': 1, '11.0': 2}

/** What the arguments take for granted (JSON for -object and -blockdev, packed queues). Debian 12 has 7.2. */
const oldestQemu = {major: 6, minor: 0}

export interface Machine {
  /** As QEMU is told: `pc`, `pc-q35-9.0`. */
  readonly type: string
  readonly version: MachineVersion
  readonly isVersioned: boolean
  readonly isQ35: boolean
  /** Whether network cards boot with the ROMs of before 2.4 (`.pxe`). */
  readonly usesOldRoms: boolean
}

/** Whether a version is at least another; revisions count only where given. */
export function isAtLeast(version: MachineVersion, major: number, minor: number, revision = 0): boolean {
  if (version.major !== major) return version.major > major
  if (version.minor !== minor) return version.minor > minor
  return version.revision >= revision
}

/** The version of a QEMU binary, such as 7.2.22. */
export function binaryVersion(text: string): MachineVersion {
  const match = /^(\d{1,3})\.(\d{1,3})/.exec(text)
  if (match === null) throw new UnsupportedError(`'${text.slice(0, 40)}' is not a version of QEMU`)
  return withHighestRevision(Number(match[1]), Number(match[2]))
}

function withHighestRevision(major: number, minor: number): MachineVersion {
  return {major, minor, revision: highestRevision[`${major}.${minor}`] ?? 0}
}

/**
 * The board of a guest on this QEMU.
 * @throws InvalidInputError for a contradiction, UnsupportedError for a board newer than QEMU
 */
export function resolveMachine(values: Readonly<Record<string, string>>, arch: Architecture, qemuVersion: string): Machine {
  const settings = readMachine(values['machine'])
  const qemu = binaryVersion(qemuVersion)
  if (!isAtLeast(qemu, oldestQemu.major, oldestQemu.minor)) {
    throw new UnsupportedError(`QEMU ${qemuVersion} is too old; at least ${oldestQemu.major}.${oldestQemu.minor} is needed`, {nextSteps: ['Install a newer QEMU.']})
  }
  const configured = settings.type ?? (arch === 'aarch64' ? 'virt' : 'pc')
  const type = /^(?:pc|q35|virt)$/.test(configured) && windowsGeneration(values['ostype']) > 0
    ? pinnedForWindows(configured, values['meta'], qemu)
    : configured
  const parts = /^(.*?)(?:\+pve(\d+))?(\.pxe)?$/.exec(type)
  const stockType = parts?.[1] ?? type
  const numbers = /^(?:pc(?:-i440fx|-q35)?|virt)-(\d{1,3})\.(\d{1,3})/.exec(stockType)
  const version = numbers === null ? qemu : {major: Number(numbers[1]), minor: Number(numbers[2]), revision: Number(parts?.[2] ?? 0)}
  checkRunnable(configured, version, qemu, qemuVersion)
  return {
    type: stockType, version, isVersioned: numbers !== null, isQ35: stockType.includes('q35'),
    usesOldRoms: parts?.[3] !== undefined || !isAtLeast(version, 2, 4),
  }
}

/**
 * Windows takes a new board for a new computer, so it stays with the one that it was installed on: QEMU's version at creation (kept
 * in `meta` since 9.1), else 5.1, the last before a change in ACPI tables that confused it.
 */
function pinnedForWindows(board: string, meta: string | undefined, qemu: MachineVersion): string {
  const created = /(?:^|,)creation-qemu=(\d{1,3})\.(\d{1,3})/.exec(meta ?? '')
  const atCreation = created === null ? undefined : {major: Number(created[1]), minor: Number(created[2]), revision: 0}
  const wanted = atCreation !== undefined && isAtLeast(atCreation, 9, 1) ? atCreation : {major: 5, minor: 1, revision: 0}
  const chosen = isAtLeast(qemu, wanted.major, wanted.minor) ? wanted : qemu
  const version = `${chosen.major}.${chosen.minor}${chosen.revision > 0 ? `+pve${chosen.revision}` : ''}`
  return `${board === 'pc' ? 'pc-i440fx' : board === 'q35' ? 'pc-q35' : board}-${version}`
}

function checkRunnable(configured: string, version: MachineVersion, qemu: MachineVersion, qemuVersion: string): void {
  if (!isAtLeast(qemu, version.major, version.minor)) {
    throw new UnsupportedError(`the machine type '${configured}' is newer than the installed QEMU ${qemuVersion}`, {
      nextSteps: ['Install a newer QEMU, or choose an older machine type.'], data: {key: 'machine'},
    })
  }
  const known = highestRevision[`${version.major}.${version.minor}`] ?? 0
  if (version.revision > known) {
    throw new InvalidInputError(
      `the machine type '${configured}' names a revision that is not known; the highest of ${version.major}.${version.minor} is +pve${known}`,
      {machine: `has no revision above +pve${known}`},
    )
  }
}
