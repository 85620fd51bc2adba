// Everything that a virtual machine that has ended leaves on the host: its run files, and the huge pages that were reserved for it.
import type {Context} from '../../../tasks/index.ts'
import {releaseHugePagesUnderLock} from '../huge-pages/index.ts'
import {removeRunFiles} from './run-files.ts'

/** The caller holds the guest's lock and has seen that it does not run. Right to call again and again. */
export async function clearUp(vmid: number, context: Context): Promise<void> {
  // Before the PID file, which says that there is something to clear up.
  await releaseHugePagesUnderLock(vmid, context)
  await removeRunFiles(vmid, context)
}
