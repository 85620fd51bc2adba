// Watches the virtual machines of this host: QEMU runs with -no-shutdown and reports its events to a socket here. A guest that has
// switched itself off is ended and cleaned up after; so is one whose QEMU is gone. Nothing that this program knows is needed after it
// was killed: the next one finds out by looking at the PID files and asking each QEMU. It must not know what cleaning up means.
import type {Duplex} from 'node:stream'
import type {Clock, Places} from '../../../base/index.ts'
import {errorChain} from '../../../base/index.ts'
import type {Host, ProcessId} from '../../../host/index.ts'
import {ThawWatch} from '../agent/thaw-watch.ts'
import {connectQmp, openQmp} from '../qmp/index.ts'
import type {QmpClient} from '../qmp/index.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {guestsWithPidFile, runtimeStatus, waitForEnd} from '../runtime/status.ts'
import {waitForBackup} from './backup-in-hand.ts'
import type {GuestEnd} from './guest-link.ts'
import {endOfEvent, identifyGuest, isShutDown} from './guest-link.ts'

export interface DaemonParts {
  readonly host: Host
  readonly places: Places
  readonly clock: Clock
  /** Runs `qm cleanup VMID clean guest` and resolves when it has ended, whatever came of it. */
  readonly cleanUp: (vmid: number, end: GuestEnd) => Promise<void>
  /** Starts listening; the result stops it. @throws ConflictError when another daemon does */
  readonly listen: (onConnection: (stream: Duplex) => void) => Promise<{close(): Promise<void>}>
  /** Shares the host's memory out among the guests to which there is a connection; done with each look at all guests. */
  readonly balance?: (monitors: ReadonlyMap<number, QmpClient>) => Promise<void>
  readonly report: (line: string) => void
  /** What is of interest only to who looks for a fault. */
  readonly reportDetail: (line: string) => void
}

export interface DaemonLimits {
  /** How often the PID files are looked at. */
  readonly scanMs: number
  /** Ends after this long without a guest; undefined: never. */
  readonly idleMs: number | undefined
  /** How long a QEMU may take to end after `quit`, and again after SIGTERM. */
  readonly quitMs: number
}

export const defaultLimits: DaemonLimits = {scanMs: 10_000, idleMs: 5_000, quitMs: 10_000}

/** How many `qm cleanup` run at once when many guests end together. */
const maxCleanups = 3
/** Bound on what one QEMU may say in one message: query-chardev of a large guest has some 4 KiB. */
const maxMessageBytes = 1024 * 1024

/** Runs until the signal fires or, with idleMs, no guest is left. @throws ConflictError when another daemon listens already */
export async function runDaemon(parts: DaemonParts, limits: DaemonLimits, signal: AbortSignal): Promise<void> {
  const daemon = new Daemon(parts, limits)
  for (;;) {
    const listener = await parts.listen((stream) => { void daemon.serve(stream) })
    try {
      await daemon.watch(signal)
    } finally {
      await listener.close()
    }
    // A guest may have been started between the last look and the end of listening: its starter saw us there, so we go on.
    if (signal.aborted || await daemon.isIdle()) break
  }
  daemon.close()
}

class Daemon {
  readonly #parts: DaemonParts
  readonly #limits: DaemonLimits
  readonly #links = new Map<number, QmpClient>()
  readonly #streams = new Set<Duplex>()
  readonly #ends = new Map<number, GuestEnd>()
  readonly #cleaning = new Set<number>()
  readonly #queue: (() => void)[] = []
  #slots = maxCleanups
  readonly #thawing: ThawWatch
  #isClosing = false
  #isBalancing = false

  constructor(parts: DaemonParts, limits: DaemonLimits) {
    this.#parts = parts
    this.#limits = limits
    this.#thawing = new ThawWatch(parts)
  }

  /** Looks at all guests again and again, and returns when there is nothing left to watch. */
  async watch(signal: AbortSignal): Promise<void> {
    const {clock} = this.#parts
    let idleSinceMs: number | undefined
    let lastScanMs = -Infinity
    while (!signal.aborted) {
      if (clock.monotonicMs() - lastScanMs >= this.#limits.scanMs) {
        this.#thawing.look()
        await this.#scan()
        void this.#balance()
        lastScanMs = clock.monotonicMs()
      }
      const isIdle = this.#limits.idleMs !== undefined && await this.isIdle()
      idleSinceMs = isIdle ? idleSinceMs ?? clock.monotonicMs() : undefined
      if (idleSinceMs !== undefined && clock.monotonicMs() - idleSinceMs >= (this.#limits.idleMs ?? 0)) return
      // While nothing runs the look at the folder is frequent, otherwise events tell.
      const pauseMs = this.#limits.idleMs === undefined ? this.#limits.scanMs : Math.min(this.#limits.scanMs, this.#limits.idleMs)
      await clock.sleep(pauseMs, signal).catch(() => undefined)
    }
  }

  async isIdle(): Promise<boolean> {
    return this.#streams.size === 0 && this.#cleaning.size === 0 && (await guestsWithPidFile(this.#parts)).length === 0
  }

  close(): void {
    this.#isClosing = true
    this.#thawing.close()
    for (const stream of this.#streams) stream.destroy()
  }

  /** Takes a connection for as long as it lasts. */
  async serve(stream: Duplex): Promise<void> {
    this.#streams.add(stream)
    stream.on('error', () => stream.destroy())
    stream.once('close', () => this.#streams.delete(stream))
    try {
      const client = await openQmp(stream, 'a QEMU that reports events', {maxMessageBytes}).catch(() => undefined)
      if (client === undefined) {
        // Somebody who only looked whether we are there, as everybody does who freezes a guest.
        this.#thawing.look()
        return
      }
      const vmid = await identifyGuest(client, this.#parts.places)
      const process = vmid === undefined ? undefined : await runtimeStatus(vmid, this.#parts)
      if (vmid === undefined || process === undefined) {
        this.#parts.report('a connection came from no running guest of this host; it is closed')
        client.close()
        return
      }
      await this.#follow(vmid, process, client)
    } catch (error) {
      stream.destroy()
      this.#parts.report(`a connection was closed: ${errorChain(error).join(': ')}`)
    }
  }

  async #follow(vmid: number, process: ProcessId, client: QmpClient): Promise<void> {
    this.#links.get(vmid)?.close()
    this.#links.set(vmid, client)
    this.#parts.reportDetail(`guest ${vmid} is watched (process ${process.pid})`)
    client.onEvent((event) => {
      const end = endOfEvent(event)
      if (end === undefined) return
      // Our own `quit` brings about a second one; the first says why.
      if (this.#ends.has(vmid)) return
      this.#ends.set(vmid, end)
      this.#parts.report(`guest ${vmid} has ended (${end.isGuestRequested ? 'by itself' : 'asked to'})`)
      void this.#quit(vmid, process, client)
    })
    client.onClose(() => {
      if (this.#links.get(vmid) === client) this.#links.delete(vmid)
      if (!this.#isClosing) void this.#afterLoss(vmid, process)
    })
    if (client.isOpen && await isShutDown(client)) {
      if (!this.#ends.has(vmid)) this.#ends.set(vmid, {isClean: true, isGuestRequested: true})
      await this.#quit(vmid, process, client)
    }
  }

  /** Ends a QEMU whose guest has switched itself off. */
  async #quit(vmid: number, process: ProcessId, client: QmpClient): Promise<void> {
    const {host, report, clock} = this.#parts
    if (this.#ends.get(vmid)?.isGuestRequested === true) await waitForBackup(client, clock).catch(() => undefined)
    // The connection goes with the process, so a failure here says nothing.
    await client.execute('quit', undefined, {timeoutMs: 2_000}).catch(() => undefined)
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await waitForEnd(process, this.#limits.quitMs, this.#parts)) return
      report(`guest ${vmid}: its QEMU does not end; sending ${signal}`)
      await host.kill(process, signal)
    }
  }

  async #afterLoss(vmid: number, process: ProcessId): Promise<void> {
    try {
      // A QEMU that only lost its connection comes back within seconds; the scan looks after the rest.
      if (!await waitForEnd(process, this.#limits.quitMs, this.#parts)) return
      if (this.#ends.get(vmid)?.isGuestRequested === false && await this.#isClearedByOthers(vmid)) this.#ends.delete(vmid)
      else await this.#cleanUp(vmid)
    } catch (error) {
      this.#parts.report(`guest ${vmid}: ${errorChain(error).join(': ')}`)
    }
  }

  /** Whoever asked for the end on this host (`qm stop`) clears up as well, and is given a moment for it. */
  async #isClearedByOthers(vmid: number): Promise<boolean> {
    const {host, places, clock} = this.#parts
    for (let round = 0; round < 10; round++) {
      if (await host.files.stat(guestPaths(places, vmid).pid) === undefined) return true
      await clock.sleep(100)
    }
    return false
  }

  async #cleanUp(vmid: number): Promise<void> {
    if (this.#cleaning.has(vmid)) return
    const end = this.#ends.get(vmid) ?? {isClean: false, isGuestRequested: false}
    this.#ends.delete(vmid)
    this.#cleaning.add(vmid)
    await this.#slot()
    try {
      await this.#parts.cleanUp(vmid, end)
    } finally {
      this.#freeSlot()
      this.#cleaning.delete(vmid)
    }
  }

  async #slot(): Promise<void> {
    if (this.#slots > 0) this.#slots--
    else await new Promise<void>((resolve) => { this.#queue.push(resolve) })
  }

  #freeSlot(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#slots++
    else next()
  }

  /** What events may have missed: guests that ended while nobody watched. */
  async #scan(): Promise<void> {
    for (const vmid of await this.#guests()) {
      if (this.#links.has(vmid) || this.#cleaning.has(vmid)) continue
      try {
        const process = await runtimeStatus(vmid, this.#parts)
        if (process === undefined) await this.#cleanUp(vmid)
        else await this.#ask(vmid, process)
      } catch (error) {
        this.#parts.report(`guest ${vmid}: ${errorChain(error).join(': ')}`)
      }
    }
  }

  async #balance(): Promise<void> {
    if (this.#isBalancing || this.#parts.balance === undefined || this.#links.size === 0) return
    this.#isBalancing = true
    try {
      await this.#parts.balance(new Map(this.#links))
    } catch (error) {
      this.#parts.reportDetail(`memory is not shared out: ${errorChain(error).join(': ')}`)
    } finally {
      this.#isBalancing = false
    }
  }

  async #guests(): Promise<readonly number[]> {
    try {
      return await guestsWithPidFile(this.#parts)
    } catch (error) {
      this.#parts.report(errorChain(error).join(': '))
      return []
    }
  }

  /** Asks a QEMU that has not connected to us, over its own socket. That one may be taken: then the next scan asks again. */
  async #ask(vmid: number, process: ProcessId): Promise<void> {
    const {host, places} = this.#parts
    let client: QmpClient
    try {
      client = await connectQmp(host, guestPaths(places, vmid).qmp, {handshakeTimeoutMs: 1_000, maxMessageBytes})
    } catch {
      return
    }
    try {
      if (!await isShutDown(client)) return
      this.#ends.set(vmid, {isClean: true, isGuestRequested: true})
      await this.#quit(vmid, process, client)
    } finally {
      client.close()
    }
    await this.#cleanUp(vmid)
  }
}
