// Tells quickly that some process may have committed: the kernel reports writes to the WAL (inotify). It is only a hint to look
// again. The report comes when the WAL is written, and the commit can be seen only after the sync that follows, so whoever waits
// looks again after 1, 2, 4… ms; and by itself every second, because inotify instances can run out.
import {watch} from 'node:fs'
import type {FSWatcher} from 'node:fs'
import {basename, dirname} from 'node:path'
import type {Clock} from '../../base/index.ts'
import type {Notice} from '../fair-locks.ts'

/** How long to wait at most before looking again, with and without reports from the kernel. */
const quietMs = 1000
const blindMs = 50
const firstLookMs = 1

export class ChangeNotice implements Notice {
  readonly #clock: Clock
  readonly #watcher: FSWatcher | undefined
  #changed = false
  #nextLookMs = quietMs
  #wake: (() => void) | undefined

  /** Watches the folder rather than the WAL, which comes and goes. */
  constructor(databasePath: string, clock: Clock) {
    this.#clock = clock
    const walName = `${basename(databasePath)}-wal`
    let watcher: FSWatcher | undefined
    try {
      watcher = watch(dirname(databasePath), {persistent: false}, (_event, name) => { if (name === walName || name === null) this.#notify() })
      watcher.on('error', () => { this.#notify() })
    } catch {
      watcher = undefined
    }
    this.#watcher = watcher
  }

  /** See Notice. */
  async wait(signal: AbortSignal, atMostMs = quietMs): Promise<void> {
    const limitMs = Math.min(atMostMs, this.#nextLookMs, this.#watcher === undefined ? blindMs : quietMs)
    const ended = new AbortController()
    const slept = this.#clock.sleep(this.#changed ? 0 : limitMs, AbortSignal.any([signal, ended.signal]))
    const woken = new Promise<void>((resolve) => { this.#wake = resolve })
    try {
      await Promise.race([woken, slept])
    } finally {
      this.#wake = undefined
      ended.abort()
      slept.catch(() => undefined)
    }
    this.#nextLookMs = this.#changed ? firstLookMs : Math.min(this.#nextLookMs * 2, quietMs)
    this.#changed = false
  }

  close(): void {
    this.#watcher?.close()
  }

  #notify(): void {
    this.#changed = true
    this.#wake?.()
  }
}
