// Runs a command as a task of its own, to its end.
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {runToEnd, wordsOf} from '../run-to-end.ts'

export interface RunTask extends Action {
  readonly kind: 'jobs.run-task'
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
}

export const runTask = defineAction<RunTask>({
  kind: 'jobs.run-task',
  describe: ({command, params}) => [commandLine(wordsOf(command, params, ['vmid']))],
  run: async ({command, params}, context) => {
    const error = await runToEnd(command, params, context)
    if (error !== undefined) throw error
  },
})
