// The note that the file systems of a guest are frozen, or are just being frozen, by an operation of ours: written before the guest is
// asked, removed once it has thawed. Whoever finds one whose writer is gone thaws. It knows files and processes, and no agent.
import {AppError} from '../../../base/index.ts'
import type {ProcessId} from '../../../host/index.ts'
import {guestPaths, guestRunDir} from '../runtime/sockets.ts'
import type {RuntimeContext} from '../runtime/status.ts'

export interface FreezeMark {
  /** The process that froze them. */
  readonly owner: ProcessId
  /** Until when they may be frozen, by the clock that all processes of the machine share (Clock.monotonicMs). */
  readonly untilMs: number
  /**
   * `held`: they are, or are about to be, and the owner thaws them. `abandoned`: the owner tried in vain. `overdue`: they had been frozen for
   * too long and were thawed; the owner does not know yet.
   */
  readonly state: 'held' | 'abandoned' | 'overdue'
}

const maxMarkBytes = 4096

/** Whose mark another one would be: this process. */
export async function thisProcess({host}: Pick<RuntimeContext, 'host'>): Promise<ProcessId> {
  return await host.process(process.pid) ?? {pid: process.pid, startTime: ''}
}

/** @throws ConflictError when there is one already */
export async function makeMark(vmid: number, mark: FreezeMark, {host, places}: RuntimeContext): Promise<void> {
  await host.files.makeDirectory(guestRunDir(places), 0o700)
  await host.files.write(guestPaths(places, vmid).frozen, markText(mark), {overwrite: false, durable: false})
}

/** Says something else in a mark. One that was removed meanwhile does not come back. */
export async function changeMark(vmid: number, mark: FreezeMark, {host, places}: RuntimeContext): Promise<void> {
  const path = guestPaths(places, vmid).frozen
  if (await host.files.stat(path) !== undefined) await host.files.write(path, markText(mark), {durable: false})
}

export async function removeMark(vmid: number, {host, places}: RuntimeContext): Promise<void> {
  await host.files.remove(guestPaths(places, vmid).frozen)
}

/** @returns undefined when there is none. One that cannot be read is taken for that of somebody who is gone. */
export async function readMark(vmid: number, {host, places}: RuntimeContext): Promise<FreezeMark | undefined> {
  try {
    return parseMark(await host.files.readText(guestPaths(places, vmid).frozen, maxMarkBytes))
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not-found') return undefined
    throw error
  }
}

/** The guests that have a mark, smallest first. */
export async function markedGuests({host, places}: RuntimeContext): Promise<number[]> {
  const names = await host.files.list(guestRunDir(places))
  return names.flatMap((name) => { const match = /^([1-9]\d{2,8})\.frozen$/.exec(name); return match === null ? [] : [Number(match[1])] })
    .sort((a, b) => a - b)
}

/** Whether the process that wrote a mark is still there. */
export async function isOwnerAlive({owner}: FreezeMark, {host}: Pick<RuntimeContext, 'host'>): Promise<boolean> {
  return owner.pid > 0 && (await host.process(owner.pid))?.startTime === owner.startTime
}

export function isOwner({owner}: FreezeMark, process: ProcessId): boolean {
  return owner.pid === process.pid && owner.startTime === process.startTime
}

function markText(mark: FreezeMark): string {
  return `${JSON.stringify(mark)}\n`
}

/** Pure. What is no mark reads as one that is abandoned, so that its guest is thawed. */
export function parseMark(text: string): FreezeMark {
  const lost: FreezeMark = {owner: {pid: 0, startTime: ''}, untilMs: 0, state: 'abandoned'}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return lost
  }
  if (typeof value !== 'object' || value === null) return lost
  const {owner, untilMs, state} = value as Partial<FreezeMark>
  if (typeof owner !== 'object' || owner === null || !Number.isSafeInteger(owner.pid) || typeof owner.startTime !== 'string') return lost
  if (typeof untilMs !== 'number' || (state !== 'held' && state !== 'abandoned' && state !== 'overdue')) return lost
  return {owner: {pid: owner.pid, startTime: owner.startTime}, untilMs, state}
}
