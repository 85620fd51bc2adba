// What Ctrl-C does: the first asks the command to stop and lets it clean up, the second ends this process at once. Termination and a
// terminal that goes away count as the first.

export interface Interrupts {
  /** Fires at the first interruption. */
  readonly signal: AbortSignal
  /** Does the work without heeding Ctrl-C: another program has the terminal. */
  passedOver<T>(work: () => Promise<T>): Promise<T>
  /** Signals are the process's own again. */
  stop(): void
}

const watched = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * @param source what emits the signals: `process`, or an emitter of a test
 * @param exitNow ends the process with this code
 */
export function watchInterrupts(source: Pick<NodeJS.EventEmitter, 'on' | 'off'>, exitNow: (code: number) => void): Interrupts {
  const controller = new AbortController()
  let isPassedOver = false
  const onSignal = (name: NodeJS.Signals) => {
    if (isPassedOver && name === 'SIGINT') return
    if (controller.signal.aborted) {
      exitNow(130)
      return
    }
    controller.abort()
  }
  for (const name of watched) source.on(name, onSignal)
  const passedOver = async <T>(work: () => Promise<T>): Promise<T> => {
    isPassedOver = true
    try {
      return await work()
    } finally {
      isPassedOver = false
    }
  }
  return {signal: controller.signal, passedOver, stop: () => { for (const name of watched) source.off(name, onSignal) }}
}
