// The `meta:` of a new virtual machine: with which QEMU and when it was made. QEMU's version decides later on defaults that must not
// change under an installed guest.
import {AppError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import type {Architecture} from './arguments/index.ts'
import {findEmulator} from './facts/emulator.ts'

/** `creation-qemu=9.2.0,ctime=1732300000`; without the version where no QEMU is installed yet. */
export async function creationRecord(arch: Architecture, {host, places, clock}: Pick<Context, 'host' | 'places' | 'clock'>): Promise<string> {
  const ctime = `ctime=${Math.floor(clock.now() / 1000)}`
  try {
    const emulator = await findEmulator(host, places, arch)
    return emulator === undefined ? ctime : `creation-qemu=${emulator.version},${ctime}`
  } catch (error) {
    // A QEMU that does not answer is reported when a guest is started, not when it is described.
    if (error instanceof AppError && error.kind !== 'cancelled') return ctime
    throw error
  }
}
