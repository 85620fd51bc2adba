// What a guest says about itself, for `qm status --verbose` and `qm list --full`: its name, its system, its addresses. It is asked for a short while
// only, and what it says is cut to what such things look like: a guest may say anything, and it is shown beside what is true.
import {isIP} from 'node:net'
import {AppError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {hasAgent} from '../arguments/index.ts'
import {readable} from '../qmp/message-reader.ts'
import {guestPaths} from '../runtime/sockets.ts'
import type {AgentClient} from './client.ts'
import {withAgent} from './client.ts'

/** With names of our own: Proxmox VE shows nothing of this there. */
export interface GuestFacts {
  readonly 'guest-agent': 'answers' | 'silent'
  readonly 'guest-hostname'?: string
  readonly 'guest-os'?: string
  /** By network interface, with prefix lengths; none of the loopback interface. */
  readonly 'guest-addresses'?: Readonly<Record<string, readonly string[]>>
}

export type FactsContext = Pick<Context, 'host' | 'places' | 'signal'>

/** A guest that answers does so within milliseconds. */
export const factsLimitMs = 2_000
/** A host with many silent guests: no more connections than this at once. */
const maxAtOnce = 128
const maxAnswerBytes = 512 * 1024
const maxInterfaces = 64
const maxAddresses = 32
const maxNameChars = 64

/** Whether there is somebody to be asked; a setting that cannot be read is for other commands to complain about. */
export function mayAnswer(values: Readonly<Record<string, string>>): boolean {
  try {
    return hasAgent(values)
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

/** What one guest says within the time. @throws CancelledError when the caller is interrupted, and nothing else */
export async function guestFacts(vmid: number, context: FactsContext, limitMs = factsLimitMs): Promise<GuestFacts> {
  return factsUntil(vmid, context, AbortSignal.timeout(limitMs))
}

/** What several guests say, all of them within one and the same time. @throws CancelledError when the caller is interrupted */
export async function factsOfGuests(vmids: readonly number[], context: FactsContext, limitMs = factsLimitMs): Promise<ReadonlyMap<number, GuestFacts>> {
  const deadline = AbortSignal.timeout(limitMs)
  const facts = new Map<number, GuestFacts>()
  const waiting = [...vmids]
  await Promise.all(Array.from({length: Math.min(maxAtOnce, waiting.length)}, async () => {
    for (let vmid = waiting.shift(); vmid !== undefined; vmid = waiting.shift()) facts.set(vmid, await factsUntil(vmid, context, deadline))
  }))
  return facts
}

async function factsUntil(vmid: number, {host, places, signal}: FactsContext, deadline: AbortSignal): Promise<GuestFacts> {
  const facts: Record<string, unknown> = {}
  try {
    await withAgent(host, guestPaths(places, vmid).qga, {syncTimeoutMs: factsLimitMs, maxAnswerBytes, signal: AbortSignal.any([signal, deadline])}, async (client) => {
      // Told one after the other; what was told before the time is over counts.
      facts['guest-addresses'] = readInterfaces(await answer(client, 'guest-network-get-interfaces'))
      facts['guest-hostname'] = readWord(await answer(client, 'guest-get-host-name'), 'host-name')
      facts['guest-os'] = readWord(await answer(client, 'guest-get-osinfo'), 'pretty-name')
    })
  } catch (error) {
    if (!(error instanceof AppError) || signal.aborted) throw error
  }
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return {'guest-agent': 'guest-addresses' in facts ? 'answers' : 'silent', ...Object.fromEntries(known)}
}

/** undefined when the agent refuses: it need not know every question. */
async function answer(client: AgentClient, command: string): Promise<unknown> {
  try {
    return await client.execute(command)
  } catch (error) {
    if (error instanceof AppError && error.kind === 'tool') return undefined
    throw error
  }
}

/** Pure: reads the answer of guest-network-get-interfaces. undefined when there is no address in it. */
export function readInterfaces(told: unknown): Readonly<Record<string, readonly string[]>> | undefined {
  const found: [string, string[]][] = []
  for (const entry of Array.isArray(told) ? told.slice(0, maxInterfaces) as unknown[] : []) {
    const {name, 'ip-addresses': addresses} = asRecord(entry)
    if (typeof name !== 'string' || name === 'lo' || !Array.isArray(addresses)) continue
    const texts = (addresses.slice(0, maxAddresses) as unknown[]).flatMap((address) => addressText(asRecord(address)))
    if (texts.length > 0) found.push([readable(name, maxNameChars), texts])
  }
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

function addressText({'ip-address': address, prefix}: Readonly<Record<string, unknown>>): string[] {
  if (typeof address !== 'string' || isIP(address) === 0 || address.length > 45) return []
  const longest = isIP(address) === 4 ? 32 : 128
  const hasPrefix = typeof prefix === 'number' && Number.isInteger(prefix) && prefix >= 0 && prefix <= longest
  return [hasPrefix ? `${address}/${prefix}` : address]
}

function readWord(told: unknown, name: string): string | undefined {
  const word = asRecord(told)[name]
  return typeof word === 'string' && word !== '' ? readable(word, 2 * maxNameChars) : undefined
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value as Readonly<Record<string, unknown>> : {}
}
