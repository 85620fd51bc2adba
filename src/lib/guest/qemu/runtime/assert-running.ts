// What commands ask before they turn to the QEMU of a guest.
import {ConflictError} from '../../../base/index.ts'
import type {ProcessId} from '../../../host/index.ts'
import {runtimeStatus} from './status.ts'
import type {RuntimeContext} from './status.ts'

/** @throws ConflictError when the guest does not run */
export async function assertRunning(vmid: number, context: RuntimeContext): Promise<ProcessId> {
  const process = await runtimeStatus(vmid, context)
  if (process !== undefined) return process
  throw new ConflictError(`virtual machine ${vmid} is not running`, {nextSteps: [`Start it: qm start ${vmid}`], data: {vmid}})
}

/** @throws ConflictError when the guest runs, with how to stop it */
export async function assertStopped(vmid: number, context: RuntimeContext): Promise<void> {
  if (await runtimeStatus(vmid, context) === undefined) return
  throw new ConflictError(`virtual machine ${vmid} is running`, {nextSteps: [`Stop it first: qm shutdown ${vmid}, or qm stop ${vmid}`], data: {vmid}})
}
