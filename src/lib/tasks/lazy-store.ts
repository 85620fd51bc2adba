// A store that is opened by its first use: many commands look at a file or a process and need none, and opening one costs start-up time.
import type {Store} from '../store/index.ts'

export interface LazyStore extends Store {
  /** Closes it if it was opened; it cannot be used afterwards. */
  close(): Promise<void>
}

/** @param open called once, by the first use; its failure is that use's failure */
export function lazyStore(open: () => Promise<Store>): LazyStore {
  let opened: Promise<Store> | undefined
  const store = () => opened ??= open()
  return {
    revision: async () => (await store()).revision(),
    read: async (path) => (await store()).read(path),
    list: async (prefix) => (await store()).list(prefix),
    commit: async (change) => (await store()).commit(change),
    watch: async function* (prefix, afterRevision, signal) { yield* (await store()).watch(prefix, afterRevision, signal) },
    changedPaths: async (afterRevision) => (await store()).changedPaths(afterRevision),
    grantLease: async (ttlMs) => (await store()).grantLease(ttlMs),
    keepAlive: async (leaseId) => (await store()).keepAlive(leaseId),
    revokeLease: async (leaseId) => (await store()).revokeLease(leaseId),
    lock: async (name, options) => (await store()).lock(name, options),
    lockHolder: async (name) => (await store()).lockHolder(name),
    close: async () => {
      // A store that could not be opened was told of by whoever wanted it.
      await (await opened?.catch(() => undefined))?.close()
    },
  }
}
