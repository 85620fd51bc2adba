// A store that tells somebody of its commits, who keeps something derived from them (the names for completion). A commit is never held up
// or failed by that: what is told comes a moment later, several commits together, and at the latest when the store is closed.
import type {Clock} from '../base/index.ts'
import type {Store} from '../store/index.ts'

/** Of a process that goes on: those who commit in a row are told of once. */
const quietMs = 100

export interface CommitListener {
  /** Whether a commit of this path is of interest. */
  readonly concerns: (path: string) => boolean
  /** Called one at a time; may fail, which nobody hears. */
  readonly tell: (store: Store) => Promise<void>
}

export interface ToldStore extends Store {
  /** Resolves when everything so far was told. */
  settle(): Promise<void>
}

export function toldStore(store: Store, {concerns, tell}: CommitListener, clock: Clock): ToldStore {
  let isOwed = false
  let running: Promise<void> | undefined
  let hurry = new AbortController()
  const settle = async () => {
    while (isOwed) {
      isOwed = false
      await tell(store).catch(() => undefined)
    }
  }
  const settleNow = async () => {
    hurry.abort()
    await running
    hurry = new AbortController()
  }
  return {
    ...store,
    settle: settleNow,
    commit: async (change) => {
      const done = await store.commit(change)
      if (Object.keys(change.put ?? {}).some(concerns) || change.remove?.some(concerns) === true) {
        isOwed = true
        running ??= clock.sleep(quietMs, hurry.signal).catch(() => undefined).then(settle).finally(() => { running = undefined })
      }
      return done
    },
    close: async () => {
      await settleNow()
      await store.close()
    },
  }
}
