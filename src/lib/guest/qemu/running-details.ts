// What a running virtual machine says about itself over QMP, and the host about its network cards: for `qm status --verbose` and
// `qm list --full`. Every question has a limit; a machine that does not answer one is shown without it.
import {AppError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {Context} from '../../tasks/index.ts'
import {withQmp} from './qmp/index.ts'
import type {QmpClient} from './qmp/index.ts'
import {guestPaths} from './runtime/sockets.ts'

/** Whoever asks for everything can wait; one word must come at once, even while another client holds the monitor. */
const detailsTimeoutMs = 3_000
const wordTimeoutMs = 1_000

type Details = Record<string, unknown>

/** QEMU's word for the machine's state: `running`, `paused`, `prelaunch`, …; undefined when it does not answer. */
export async function qmpStatus(vmid: number, context: Context): Promise<string | undefined> {
  return asked(vmid, wordTimeoutMs, context, async client => textOf(asRecord(await client.execute('query-status'))['status']))
}

/** All that QMP tells, with Proxmox VE's names; what could not be learnt is left out. */
export async function runningDetails(vmid: number, context: Context): Promise<Details> {
  const fromQemu = await asked(vmid, detailsTimeoutMs, context, async client => {
    const parts = await Promise.all([status(client), version(client), machine(client), balloon(client), blockStatistics(client)].map(part => part.catch(withoutAnswer)))
    return Object.assign({}, ...parts) as Details
  })
  return {...fromQemu, ...await networkCounters(vmid, context.host)}
}

async function asked<T>(vmid: number, timeoutMs: number, {host, places, signal, log}: Context, work: (client: QmpClient) => Promise<T>): Promise<T | undefined> {
  try {
    return await withQmp(host, guestPaths(places, vmid).qmp, {handshakeTimeoutMs: timeoutMs, commandTimeoutMs: timeoutMs, signal}, work)
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
    log.warn(`virtual machine ${vmid} does not answer: ${error.message}`)
    return undefined
  }
}

/** QEMU refuses a question when the machine lacks what it is about (no balloon). */
function withoutAnswer(error: unknown): Details {
  if (error instanceof AppError && error.kind === 'tool') return {}
  throw error
}

async function status(client: QmpClient): Promise<Details> {
  const word = textOf(asRecord(await client.execute('query-status'))['status'])
  return word === undefined ? {} : {qmpstatus: word}
}

async function version(client: QmpClient): Promise<Details> {
  const {major, minor, micro} = client.version
  return {'running-qemu': `${major}.${minor}.${micro}`}
}

async function machine(client: QmpClient): Promise<Details> {
  const type = textOf(await client.execute('qom-get', {path: '/machine', property: 'type'}))
  return type === undefined ? {} : {'running-machine': type.replace(/-machine$/, '')}
}

async function balloon(client: QmpClient): Promise<Details> {
  const actual = asRecord(await client.execute('query-balloon'))['actual']
  return typeof actual === 'number' ? {balloon: actual, ballooninfo: {actual}} : {}
}

async function blockStatistics(client: QmpClient): Promise<Details> {
  const entries = await client.execute('query-blockstats')
  const blockstat: Record<string, unknown> = {}
  let diskread = 0
  let diskwrite = 0
  for (const entry of Array.isArray(entries) ? entries.map(asRecord) : []) {
    const name = driveOf(textOf(entry['qdev']))
    const stats = asRecord(entry['stats'])
    if (name === undefined) continue
    blockstat[name] = stats
    diskread += numberOf(stats['rd_bytes'])
    diskwrite += numberOf(stats['wr_bytes'])
  }
  return {blockstat, diskread, diskwrite}
}

/** `scsi0` of `/machine/peripheral/scsi0/virtio-backend` or of plain `scsi0`. */
function driveOf(qdev: string | undefined): string | undefined {
  return /(?:^|\/)((?:ide|scsi|sata|virtio|efidisk)\d+)(?:\/|$)/.exec(qdev ?? '')?.[1]
}

/** Bytes that went through the guest's taps, seen from the guest; /proc/net/dev counts from the host's side. */
async function networkCounters(vmid: number, host: Host): Promise<Details> {
  return parseNetworkCounters(vmid, await host.files.readText('/proc/net/dev'))
}

/** Pure: reads /proc/net/dev (proc(5)). */
export function parseNetworkCounters(vmid: number, text: string): {netin: number; netout: number; nics: Record<string, {netin: number; netout: number}>} {
  const nics: Record<string, {netin: number; netout: number}> = {}
  for (const match of text.matchAll(/^ *(tap(\d+)i\d+): *(.*)$/gm)) {
    if (Number(match[2]) !== vmid) continue
    const numbers = (match[3] as string).trim().split(/\s+/).map(Number)
    nics[match[1] as string] = {netin: numbers[8] ?? 0, netout: numbers[0] ?? 0}
  }
  const all = Object.values(nics)
  return {netin: all.reduce((sum, nic) => sum + nic.netin, 0), netout: all.reduce((sum, nic) => sum + nic.netout, 0), nics}
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
}

/** A word of QEMU's. One that is longer than any that it has is none. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 256 ? value : undefined
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
