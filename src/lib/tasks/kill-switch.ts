// Lets tests end this process with SIGKILL at a chosen point of an operation, as a power cut would. Without the variables it does nothing.
// CORRAL_TEST_STOP_AFTER_RECORD=k: after the k-th journal record of this process was written.
// CORRAL_TEST_STOP_AFTER_STEP=k: after the k-th step of a plan was done.
// CORRAL_TEST_STOP_AFTER_UNDO=k: after the k-th undo step was done and its record removed.

const counts = {RECORD: 0, STEP: 0, UNDO: 0}

/** The names of the variables, to be handed on to workers. */
export const killSwitchVariables = ['CORRAL_TEST_STOP_AFTER_RECORD', 'CORRAL_TEST_STOP_AFTER_STEP', 'CORRAL_TEST_STOP_AFTER_UNDO'] as const

/** Counts; does not come back when the count is the one that was chosen. */
export async function killSwitch(passed: keyof typeof counts): Promise<void> {
  const chosen = process.env[`CORRAL_TEST_STOP_AFTER_${passed}`]
  if (chosen === undefined) return
  counts[passed] += 1
  if (String(counts[passed]) !== chosen) return
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => undefined)
}
