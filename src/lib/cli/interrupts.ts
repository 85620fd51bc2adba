// What Ctrl-C does: the first asks the command to stop and lets it clean up, the second ends this process at once. Termination and a
// terminal that goes away count as the first.

export interface Interrupts {
  /** Fires at the first interruption. */
  readonly signal: AbortSignal
  /** Called instead of ending the process at the second one; for tests and for interactive commands. */
  stop(): void
}

const watched = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * @param source what emits the signals: `process`, or an emitter of a test
 * @param exitNow ends the process with this code
 */
export function watchInterrupts(source: Pick<NodeJS.EventEmitter, 'on' | 'off'>, exitNow: (code: number) => void): Interrupts {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) {
      exitNow(130)
      return
    }
    controller.abort()
  }
  for (const name of watched) source.on(name, onSignal)
  return {signal: controller.signal, stop: () => { for (const name of watched) source.off(name, onSignal) }}
}
