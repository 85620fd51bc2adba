// The `meta:` of a new virtual machine: with which QEMU and when it was made. QEMU's version decides later on defaults that must not
// change under an installed guest.
import {AppError} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'

/** `creation-qemu=9.2.0,ctime=1732300000`; without the version where no QEMU is installed yet. */
export async function creationRecord({host, clock}: {readonly host: Host; readonly clock: Clock}): Promise<string> {
  const version = await installedQemuVersion(host)
  const ctime = `ctime=${Math.floor(clock.now() / 1000)}`
  return version === undefined ? ctime : `creation-qemu=${version},${ctime}`
}

/** The version of the installed QEMU; undefined when there is none that answers. */
async function installedQemuVersion(host: Host): Promise<string | undefined> {
  try {
    const {stdout} = await host.run(['qemu-system-x86_64', '--version'], {timeoutMs: 10_000})
    return parseQemuVersion(stdout)
  } catch (error) {
    if (error instanceof AppError && error.kind !== 'cancelled') return undefined
    throw error
  }
}

/** The version in what `qemu-system-x86_64 --version` prints. */
export function parseQemuVersion(text: string): string | undefined {
  return /^QEMU emulator version (\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)/.exec(text)?.[1]
}
