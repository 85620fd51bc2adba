// A qmeventd in this process, so that what makes sure of one finds it and starts none.
import {mkdir} from 'node:fs/promises'
import {systemClock} from '../../../../../src/lib/base/index.ts'
import {runDaemon} from '../../../../../src/lib/guest/qemu/qmeventd/daemon.ts'
import {eventSocketPath} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {listenOnSocket} from '../../../../../src/lib/host/local/listen.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'

/** @returns what it reports, and what ends it */
export async function pretendWatched({host, places}: Pick<Context, 'host' | 'places'>): Promise<{reports: string[]; end: () => Promise<void>}> {
  await mkdir(places.runDir, {recursive: true, mode: 0o700})
  const reports: string[] = []
  const stop = new AbortController()
  let isListening = () => undefined as void
  const listening = new Promise<void>((resolve) => { isListening = resolve })
  const daemon = runDaemon({
    host, places, clock: systemClock, report: (line) => { reports.push(line) }, reportDetail: () => undefined,
    cleanUp: () => Promise.resolve(),
    listen: async (onConnection) => {
      const listener = await listenOnSocket(eventSocketPath(places), 100, onConnection)
      isListening()
      return listener
    },
  }, {scanMs: 60_000, idleMs: undefined, quitMs: 1_000}, stop.signal)
  await Promise.race([listening, daemon])
  return {reports, end: async () => { stop.abort(); await daemon }}
}
