// What the QEMU of a guest that runs says of itself: running, paused, or something stranger (QMP's RunState).
import {withQmp} from '../qmp/index.ts'
import type {QmpClient} from '../qmp/index.ts'
import {guestPaths} from './sockets.ts'
import type {RuntimeContext} from './status.ts'

/** @throws UnavailableError when QEMU does not answer */
export async function runStateOf(vmid: number, context: RuntimeContext & {readonly signal: AbortSignal}): Promise<string> {
  return withQmp(context.host, guestPaths(context.places, vmid).qmp, {signal: context.signal}, askRunState)
}

export async function askRunState(client: QmpClient): Promise<string> {
  const answer = await client.execute('query-status')
  const status: unknown = typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined
  return typeof status === 'string' ? status : 'unknown'
}
