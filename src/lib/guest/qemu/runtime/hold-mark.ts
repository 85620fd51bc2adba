// The note that a machine stands still for a moment: written before it is stopped, removed once it goes on. A machine whose holder has died must not stand still until somebody types the
// next command, so qmeventd lets it go on.
import {AppError} from '../../../base/index.ts'
import type {ProcessId} from '../../../host/index.ts'
import {withQmp} from '../qmp/index.ts'
import {askRunState} from './run-state.ts'
import {guestPaths, guestRunDir} from './sockets.ts'
import type {RuntimeContext} from './status.ts'
import {runtimeStatus} from './status.ts'

const maxMarkBytes = 4096
const answer = {timeoutMs: 5_000} as const

/** Notes that this process holds the machine. Whoever held it before is gone, as there is one at a time, under the guest's lock. */
export async function makeHoldMark(vmid: number, {host, places}: RuntimeContext): Promise<void> {
  const owner = await host.process(process.pid) ?? {pid: process.pid, startTime: ''}
  await host.files.makeDirectory(guestRunDir(places), 0o700)
  await host.files.write(guestPaths(places, vmid).held, `${JSON.stringify({owner})}\n`, {durable: false})
}

export async function removeHoldMark(vmid: number, {host, places}: RuntimeContext): Promise<void> {
  await host.files.remove(guestPaths(places, vmid).held)
}

/** The machines that have such a mark, smallest first. */
export async function heldMachines({host, places}: RuntimeContext): Promise<number[]> {
  const names = await host.files.list(guestRunDir(places))
  return names.flatMap((name) => { const match = /^([1-9]\d{2,8})\.held$/.exec(name); return match === null ? [] : [Number(match[1])] }).sort((a, b) => a - b)
}

/**
 * Lets a machine go on whose holder is gone.
 * @returns whether it did
 * @throws when its QEMU does not answer
 */
export async function letAbandonedGo(vmid: number, context: RuntimeContext & {readonly signal: AbortSignal}): Promise<boolean> {
  const {host, places, signal} = context
  const owner = await ownerOf(vmid, context)
  if (owner === undefined || await isThere(owner, context)) return false
  if (await runtimeStatus(vmid, context) !== undefined) {
    await withQmp(host, guestPaths(places, vmid).qmp, {signal}, async (client) => {
      // What else it may stand still for is not ours.
      if (await askRunState(client) === 'paused') await client.execute('cont', undefined, answer)
    })
  }
  await removeHoldMark(vmid, context)
  return true
}

async function isThere({pid, startTime}: ProcessId, {host}: Pick<RuntimeContext, 'host'>): Promise<boolean> {
  return pid > 0 && (await host.process(pid))?.startTime === startTime
}

/** @returns undefined when there is no mark. One that cannot be read is of somebody who is gone: writing it was not finished. */
async function ownerOf(vmid: number, {host, places}: RuntimeContext): Promise<ProcessId | undefined> {
  try {
    const {owner} = JSON.parse(await host.files.readText(guestPaths(places, vmid).held, maxMarkBytes)) as {owner?: Partial<ProcessId>}
    if (Number.isSafeInteger(owner?.pid) && typeof owner?.startTime === 'string') return {pid: Number(owner.pid), startTime: owner.startTime}
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not-found') return undefined
    if (!(error instanceof SyntaxError)) throw error
  }
  return {pid: 0, startTime: ''}
}
