// What qmeventd does about guests that are frozen: thaws those whose freezer has died, gave up or takes too long. It looks when it is told to
// (somebody has just frozen one) and with each of the daemon's own looks, and closely for as long as there are marks.
import type {Clock} from '../../../base/index.ts'
import {errorChain} from '../../../base/index.ts'
import {heldMachines, letAbandonedGo} from '../runtime/hold-mark.ts'
import type {RuntimeContext} from '../runtime/status.ts'
import {changeMark, isOwnerAlive, markedGuests, readMark, removeMark} from './freeze-mark.ts'
import type {FreezeMark} from './freeze-mark.ts'
import {askToThaw} from './freezing.ts'

export interface ThawWatchParts extends RuntimeContext {
  readonly clock: Clock
  readonly report: (line: string) => void
}

const lookMs = 250
/** Between two tries with an agent that does not thaw; doubled each time up to the longest. */
const firstPauseMs = 500
const longestPauseMs = 30_000
/** After some ten minutes nobody counts on it any more; `corral doctor` can. */
const maxTries = 25

interface Tries {readonly count: number; readonly nextMs: number}

export class ThawWatch {
  readonly #parts: ThawWatchParts
  readonly #tries = new Map<number, Tries>()
  readonly #stop = new AbortController()
  #isLooking = false
  /** Somebody told us to look while we did: what was seen may be older than that. */
  #looksAgain = false

  constructor(parts: ThawWatchParts) {
    this.#parts = parts
  }

  /** Looks for marks, and goes on looking until there are none that something could be done about. Never fails. */
  look(): void {
    this.#looksAgain = this.#isLooking
    if (this.#isLooking || this.#stop.signal.aborted) return
    this.#isLooking = true
    this.#lookOn().catch((error: unknown) => { this.#parts.report(`frozen guests: ${errorChain(error).join(': ')}`) })
      .finally(() => { this.#isLooking = false })
  }

  close(): void {
    this.#stop.abort()
  }

  async #lookOn(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const marked = await markedGuests(this.#parts)
      for (const vmid of this.#tries.keys()) if (!marked.includes(vmid)) this.#tries.delete(vmid)
      const held = await this.#letAbandonedGo()
      const open = marked.filter((vmid) => (this.#tries.get(vmid)?.count ?? 0) < maxTries)
      if (open.length === 0 && held === 0 && !this.#looksAgain) return
      this.#looksAgain = false
      // Together, so that a silent guest does not keep others frozen.
      await Promise.all(open.map((vmid) => this.#consider(vmid)))
      await this.#parts.clock.sleep(lookMs, this.#stop.signal).catch(() => undefined)
    }
  }

  /** One that stands still cannot thaw, so this goes first. @returns how many machines are still held */
  async #letAbandonedGo(): Promise<number> {
    let held = 0
    for (const vmid of await heldMachines(this.#parts)) {
      const isFree = await letAbandonedGo(vmid, {...this.#parts, signal: this.#stop.signal}).catch((error: unknown) => {
        this.#parts.report(`guest ${vmid}: it stands still, and does not go on: ${errorChain(error).join(': ')}`)
        return undefined
      })
      if (isFree === true) this.#parts.report(`guest ${vmid}: it was let go on, whoever held it is gone`)
      if (isFree === false) held++
    }
    return held
  }

  async #consider(vmid: number): Promise<void> {
    const mark = await readMark(vmid, this.#parts)
    if (mark === undefined) return
    const {clock} = this.#parts
    if (clock.monotonicMs() < (this.#tries.get(vmid)?.nextMs ?? 0)) return
    const isAlive = await isOwnerAlive(mark, this.#parts)
    if (mark.state === 'overdue') {
      if (!isAlive) await removeMark(vmid, this.#parts)
      return
    }
    const isOverdue = mark.state === 'held' && clock.monotonicMs() > mark.untilMs
    if (isAlive && mark.state === 'held' && !isOverdue) return
    await this.#thaw(vmid, mark, isAlive && isOverdue)
  }

  async #thaw(vmid: number, mark: FreezeMark, tellsOwner: boolean): Promise<void> {
    const {clock, report} = this.#parts
    try {
      await askToThaw(vmid, {...this.#parts, signal: this.#stop.signal})
      if (tellsOwner) await changeMark(vmid, {...mark, state: 'overdue'}, this.#parts)
      else await removeMark(vmid, this.#parts)
      this.#tries.delete(vmid)
      report(`guest ${vmid}: its file systems were thawed, ${tellsOwner ? 'having been frozen for too long' : 'whoever had frozen them is gone or gave up'}`)
    } catch (error) {
      const count = (this.#tries.get(vmid)?.count ?? 0) + 1
      this.#tries.set(vmid, {count, nextMs: clock.monotonicMs() + Math.min(firstPauseMs * 2 ** count, longestPauseMs)})
      if (count === 1 || count === maxTries) report(`guest ${vmid}: its file systems cannot be thawed${count === maxTries ? ', which is given up' : ''}: ${errorChain(error).join(': ')}`)
    }
  }
}
