// The action that runs a program to its end. For programs whose repetition does no harm, or that have an undo beside them.
import type {Action} from '../plan.ts'
import {defineAction} from '../plan.ts'
import {commandLine} from './command-line-text.ts'

export interface RunProgram extends Action {
  readonly kind: 'run'
  /** Never holds a secret: a plan is printed and kept in the journal. */
  readonly argv: readonly string[]
  readonly timeoutMs?: number
  readonly okExitCodes?: readonly number[]
}

export const runProgram = defineAction<RunProgram>({
  kind: 'run',
  describe: ({argv}) => [commandLine(argv)],
  run: async ({argv, timeoutMs, okExitCodes}, {host, log, signal}) => {
    await host.run(argv, {
      signal, onLine: (line) => log.info(line),
      ...(timeoutMs === undefined ? {} : {timeoutMs}), ...(okExitCodes === undefined ? {} : {okExitCodes}),
    })
  },
})
