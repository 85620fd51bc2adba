// What a new virtual machine gets from the QEMU that is installed: the record of its creation, and the board's version that Windows is
// held to. QEMU's version decides later on defaults that must not change under an installed guest.
import {AppError} from '../../base/index.ts'
import {formatPropertyString} from '../../spec/index.ts'
import type {Context} from '../../tasks/index.ts'
import {machineFormat, readMachine, windowsGeneration} from './config/machine.ts'
import {findEmulator} from './facts/emulator.ts'

/** The version of the installed QEMU for this architecture; undefined when there is none that answers. */
export async function installedQemuVersion(arch: string | undefined, {host, places}: Pick<Context, 'host' | 'places'>): Promise<string | undefined> {
  try {
    return (await findEmulator(host, places, arch === 'aarch64' ? 'aarch64' : 'x86_64'))?.version
  } catch (error) {
    // A QEMU that does not answer is reported when a guest is started, not when it is described.
    if (error instanceof AppError && error.kind !== 'cancelled') return undefined
    throw error
  }
}

/** `creation-qemu=9.2.0,ctime=1732300000`, the value of `meta`. */
export function creationRecord(qemuVersion: string | undefined, nowMs: number): string {
  const ctime = `ctime=${Math.floor(nowMs / 1000)}`
  return qemuVersion === undefined ? ctime : `creation-qemu=${qemuVersion},${ctime}`
}

/**
 * The machine type with the version of the installed QEMU, for Windows: it takes a board of another version for other hardware, and
 * loses its network settings and sometimes its activation. undefined when nothing is to be pinned.
 */
export function pinnedMachine(values: Readonly<Record<string, string>>, qemuVersion: string | undefined): string | undefined {
  const [, majorMinor] = /^(\d+\.\d+)/.exec(qemuVersion ?? '') ?? []
  if (majorMinor === undefined || windowsGeneration(values['ostype']) === 0 || values['arch'] === 'aarch64') return undefined
  const machine = readMachine(values['machine'])
  const type = machine.type ?? 'pc'
  if (type !== 'pc' && type !== 'q35') return undefined
  return formatPropertyString({...machine, type: `${type === 'pc' ? 'pc-i440fx' : 'pc-q35'}-${majorMinor}`}, machineFormat)
}
