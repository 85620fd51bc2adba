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
 * @param tell says a sentence to the user
 * @param exitNow ends the process with this code
 */
export function watchInterrupts(source: Pick<NodeJS.EventEmitter, 'on' | 'off'>, tell: (sentence: string) => void, exitNow: (code: number) => void): Interrupts {
  const controller = new AbortController()
  const onSignal = (name: unknown) => {
    if (controller.signal.aborted) {
      exitNow(130)
      return
    }
    if (name === 'SIGINT') tell('Stopping; press Ctrl-C again to leave at once.')
    controller.abort()
  }
  for (const name of watched) source.on(name, onSignal)
  return {signal: controller.signal, stop: () => { for (const name of watched) source.off(name, onSignal) }}
}
