// One round of automatic ballooning, by qmeventd: looks at the host's memory and at the guests that take part, shares out, and moves balloons. A
// guest that cannot be asked is left as it is; nothing here fails because of one.
import {AppError, errorChain} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {Store} from '../../../store/index.ts'
import {parseQemuConfig} from '../config/config-file.ts'
import {readMemoryMib} from '../config/memory.ts'
import {readFlag, readWholeNumber} from '../../read-properties.ts'
import {listGuestFiles} from '../guest-files.ts'
import {shareMemory} from './share-memory.ts'
import type {BalloonGuest, HostMemory} from './share-memory.ts'

/** What is needed of QEMU's monitor; qmeventd has a connection to each guest already. */
export interface BalloonMonitor {
  execute(command: string, args?: Readonly<Record<string, unknown>>, options?: {timeoutMs?: number}): Promise<unknown>
}

export interface BalloonRound {
  readonly host: Host
  readonly node: string
  readonly store: Pick<Store, 'read' | 'list'>
  /** Of the guests that run. */
  readonly monitors: ReadonlyMap<number, BalloonMonitor>
  readonly reportDetail: (line: string) => void
}

const mebibyte = 1024 ** 2
const answerMs = 2_000
const defaultShares = 1000

/** A guest that takes part, before it is known what it has. */
export type BalloonWish = Omit<BalloonGuest, 'actualBytes'>

/** @throws AppError when the host's memory or the configurations cannot be read */
export async function balanceMemory({host, node, store, monitors, reportDetail}: BalloonRound): Promise<void> {
  if (monitors.size === 0) return
  const files = (await listGuestFiles({node, store})).filter(({vmid}) => monitors.has(vmid))
  const wishes = files.flatMap(({vmid, file}) => balloonWish(vmid, parseQemuConfig(file.data, {warn: () => undefined}).current.values) ?? [])
  if (wishes.length === 0) return
  const guests = (await Promise.all(wishes.map((wish) => withActual(wish, monitors)))).filter((guest) => guest !== undefined)
  const memory = parseMeminfo(await host.files.readText('/proc/meminfo'))
  const next = shareMemory(memory, guests)
  await Promise.all([...next].map(async ([vmid, bytes]) => {
    try {
      await monitors.get(vmid)?.execute('balloon', {value: bytes}, {timeoutMs: answerMs})
      reportDetail(`guest ${vmid}: its balloon leaves it ${bytes / mebibyte} MiB`)
    } catch (error) {
      reportDetail(`guest ${vmid}: its balloon cannot be moved: ${errorChain(error).join(': ')}`)
    }
  }))
}

/**
 * Pure: whether a guest takes part, by its configuration. One whose configuration is locked (a snapshot, a migration) keeps what it has; one that
 * cannot be read does not take part.
 */
export function balloonWish(vmid: number, values: Readonly<Record<string, string>>): BalloonWish | undefined {
  try {
    if (values['lock'] !== undefined || readFlag(values['template']) === true) return undefined
    const minMib = readWholeNumber('balloon', values['balloon'])
    const maxMib = readMemoryMib(values['memory'])
    const shares = readWholeNumber('shares', values['shares']) ?? defaultShares
    if (minMib === undefined || minMib === 0 || minMib >= maxMib || shares === 0) return undefined
    return {vmid, minBytes: minMib * mebibyte, maxBytes: maxMib * mebibyte, shares}
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

async function withActual(wish: BalloonWish, monitors: ReadonlyMap<number, BalloonMonitor>): Promise<BalloonGuest | undefined> {
  try {
    const answer = await monitors.get(wish.vmid)?.execute('query-balloon', undefined, {timeoutMs: answerMs})
    const actual = typeof answer === 'object' && answer !== null && 'actual' in answer ? answer.actual : undefined
    // A guest may claim to have more than there is.
    return typeof actual === 'number' && actual > 0 ? {...wish, actualBytes: Math.min(actual, wish.maxBytes)} : undefined
  } catch {
    return undefined
  }
}

/** Pure: reads /proc/meminfo (proc(5)). @throws AppError when a line is missing */
export function parseMeminfo(text: string): HostMemory {
  const bytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d{1,15}) kB$`, 'm').exec(text)?.[1] ?? NaN) * 1024
  const [totalBytes, availableBytes] = [bytesOf('MemTotal'), bytesOf('MemAvailable')]
  if (Number.isNaN(totalBytes) || Number.isNaN(availableBytes)) throw new AppError('internal', '/proc/meminfo does not say how much memory there is')
  return {totalBytes, usedBytes: Math.max(0, totalBytes - availableBytes)}
}
