// Keeps a stream below a number of bytes a second.
import type {Context} from '../../tasks/index.ts'

/** Waits after a piece as long as it takes to stay below the limit. */
export class SpeedLimit {
  readonly #bytesPerMs: number | undefined
  readonly #context: Pick<Context, 'clock' | 'signal'>
  readonly #startedMs: number
  #bytes = 0

  /** @param bandwidthKib in KiB a second; 0 and undefined are no limit */
  constructor(bandwidthKib: number | undefined, context: Pick<Context, 'clock' | 'signal'>) {
    this.#bytesPerMs = bandwidthKib === undefined || bandwidthKib === 0 ? undefined : bandwidthKib * 1024 / 1000
    this.#context = context
    this.#startedMs = context.clock.monotonicMs()
  }

  async after(bytes: number): Promise<void> {
    if (this.#bytesPerMs === undefined) return
    this.#bytes += bytes
    const earlyMs = this.#bytes / this.#bytesPerMs - (this.#context.clock.monotonicMs() - this.#startedMs)
    if (earlyMs > 0) await this.#context.clock.sleep(earlyMs, this.#context.signal)
  }
}
