// Freezes the file systems of a guest for the moment of a snapshot, and thaws them again whatever happens. The guest is never believed: an
// agent that is silent, refuses or lies costs a bounded time and a warning, and the operation goes on without. Nobody who froze a guest is
// relied on to thaw it: the mark (freeze-mark.ts) is there before the guest is asked, and qmeventd thaws (thaw-watch.ts) when its
// writer dies or takes too long. What a user froze by hand (`qm guest cmd VMID fsfreeze-freeze`) has no mark and is left alone.
import type {Clock} from '../../../base/index.ts'
import {AppError, ConflictError, errorChain} from '../../../base/index.ts'
import type {Log} from '../../../tasks/index.ts'
import {ensureWatched} from '../qmeventd/start.ts'
import {withQmp} from '../qmp/index.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {runtimeStatus} from '../runtime/status.ts'
import type {RuntimeContext} from '../runtime/status.ts'
import {withAgent} from './client.ts'
import {changeMark, isOwner, isOwnerAlive, makeMark, readMark, removeMark, thisProcess} from './freeze-mark.ts'

export interface FreezeContext extends RuntimeContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: Pick<Log, 'info' | 'warn'>
}

export interface FreezeLimits {
  /** How long an agent may take to say that it is there, before freezing. Proxmox VE gives it three seconds as well. */
  readonly thereMs: number
  /** For everything that was written to reach the disks of the guest. */
  readonly freezeMs: number
  /** How long whoever ends an operation waits for the thaw; after that qmeventd goes on trying. */
  readonly thawMs: number
  /** How long another operation that has frozen the same guest (a second clone of it) is waited for. */
  readonly othersMs: number
}

export const defaultFreezeLimits: FreezeLimits = {thereMs: 3_000, freezeMs: 30_000, thawMs: 15_000, othersMs: 30_000}

const thawAnswerMs = 10_000
const pauseMs = 200

/**
 * Freezes the file systems of a running guest. What keeps it from that is a warning: the operation goes on with what a power cut would leave.
 * @param maxFrozenMs how long they may be frozen, the freezing included; then qmeventd thaws them
 * @throws CancelledError, after which thawGuest is due all the same
 */
export async function freezeGuest(vmid: number, maxFrozenMs: number, context: FreezeContext, limits = defaultFreezeLimits): Promise<void> {
  const {log} = context
  if (!await isExecuting(vmid, context)) {
    log.info(`virtual machine ${vmid} is halted, so nothing in it has to be frozen`)
    return
  }
  if (!await takeMark(vmid, maxFrozenMs, context, limits)) {
    log.warn(`another operation keeps virtual machine ${vmid} frozen; it is not frozen for this one`)
    return
  }
  const end = await tryToFreeze(vmid, context, limits)
  if (end === 'untouched') await removeMark(vmid, context)
  // It may yet freeze, when it was only slow: it is told to thaw in any case.
  if (end === 'unknown') await thawGuest(vmid, context, limits)
}

/**
 * Thaws what freezeGuest of this process, or of one that is gone, has frozen. Right to call again and again, and for a guest that was never
 * frozen. It never fails because of the guest, so that no guest can keep an operation from being taken back: what cannot be thawed now is
 * left to qmeventd, with a warning.
 * @throws CancelledError
 */
export async function thawGuest(vmid: number, context: FreezeContext, {thawMs} = defaultFreezeLimits): Promise<void> {
  const mark = await readMark(vmid, context)
  if (mark === undefined) return
  if (!isOwner(mark, await thisProcess(context)) && await isOwnerAlive(mark, context)) return
  if (mark.state === 'overdue') {
    context.log.warn(`the file systems of virtual machine ${vmid} had to be thawed before this was done: what was kept of them may be as after a power cut`)
    await removeMark(vmid, context)
    return
  }
  const failure = await thawInTime(vmid, thawMs, context)
  if (failure === undefined) {
    await removeMark(vmid, context)
    return
  }
  await changeMark(vmid, {...mark, state: 'abandoned'}, context)
  context.log.warn(`the file systems of virtual machine ${vmid} may still be frozen, qmeventd goes on trying to thaw them: ${errorChain(failure).join(': ')}`)
}

/**
 * Asks the agent once to thaw. A guest that does not run has nothing frozen.
 * @throws UnavailableError when it does not answer, ToolError when it refuses, CancelledError
 */
export async function askToThaw(vmid: number, {host, places, signal}: Pick<FreezeContext, 'host' | 'places' | 'signal'>): Promise<void> {
  if (await runtimeStatus(vmid, {host, places}) === undefined) return
  await withAgent(host, guestPaths(places, vmid).qga, {signal}, async (client) => {
    try {
      await client.execute('guest-fsfreeze-thaw', undefined, thawAnswerMs)
    } catch (error) {
      // Windows thaws by itself after ten seconds, and refuses then.
      const isThawed = error instanceof AppError && error.kind === 'tool' && await client.execute('guest-fsfreeze-status') === 'thawed'
      if (!isThawed) throw error
    }
  })
}

/** Whether the guest runs and its processors do: one that is halted writes nothing, and its agent could not answer. */
async function isExecuting(vmid: number, context: FreezeContext): Promise<boolean> {
  if (await runtimeStatus(vmid, context) === undefined) return false
  const {host, places, signal} = context
  const answer = await withQmp(host, guestPaths(places, vmid).qmp, {signal}, (client) => client.execute('query-status'))
  return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'running'
}

/** Whether the mark is ours now. One whose writer is gone is taken over. */
async function takeMark(vmid: number, maxFrozenMs: number, context: FreezeContext, {othersMs}: FreezeLimits): Promise<boolean> {
  const {clock, signal} = context
  const owner = await thisProcess(context)
  const deadline = clock.monotonicMs() + othersMs
  for (;;) {
    const left = await readMark(vmid, context)
    if (left !== undefined && !await isOwnerAlive(left, context)) await removeMark(vmid, context)
    try {
      await makeMark(vmid, {owner, untilMs: clock.monotonicMs() + maxFrozenMs, state: 'held'}, context)
      return true
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    }
    if (clock.monotonicMs() > deadline) return false
    await clock.sleep(pauseMs, signal)
  }
}

async function tryToFreeze(vmid: number, context: FreezeContext, {thereMs, freezeMs}: FreezeLimits): Promise<'frozen' | 'untouched' | 'unknown'> {
  const {host, places, signal, log} = context
  let isAsked = false
  try {
    // After the mark was made: qmeventd looks for marks when somebody looks whether it is there.
    await ensureWatched(context)
    return await withAgent(host, guestPaths(places, vmid).qga, {syncTimeoutMs: thereMs, signal}, async (client) => {
      if (await client.execute('guest-fsfreeze-status', undefined, thereMs) === 'frozen') {
        log.info(`the file systems of virtual machine ${vmid} are frozen already, by somebody else, and stay so`)
        return 'untouched'
      }
      isAsked = true
      const count = await client.execute('guest-fsfreeze-freeze', undefined, freezeMs)
      log.info(`the file systems of virtual machine ${vmid} are frozen${Number.isSafeInteger(count) ? ` (${String(count)})` : ''}`)
      return 'frozen'
    })
  } catch (error) {
    if (error instanceof AppError && error.kind === 'cancelled') throw error
    log.warn(`the file systems of virtual machine ${vmid} are not frozen: ${errorChain(error).join(': ')}`)
    return isAsked ? 'unknown' : 'untouched'
  }
}

/** @returns why it did not come about, when it did not */
async function thawInTime(vmid: number, limitMs: number, context: FreezeContext): Promise<unknown> {
  const {clock, signal} = context
  const deadline = clock.monotonicMs() + limitMs
  for (;;) {
    try {
      await askToThaw(vmid, context)
      return undefined
    } catch (error) {
      if (error instanceof AppError && error.kind === 'cancelled') throw error
      if (clock.monotonicMs() + pauseMs > deadline) return error
    }
    await clock.sleep(pauseMs, signal)
  }
}
