// Runs what is due of the schedule.
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {wordsOf} from '../../jobs/run-to-end.ts'
import {runDueJobs} from '../run-due-jobs.ts'

export interface RunDue extends Action {
  readonly kind: 'schedule.run-due'
  readonly maxWorkers: number
  /** As the plan found it; more may become due while they run. */
  readonly due: readonly {readonly id: string; readonly command: string; readonly params: Readonly<Record<string, unknown>>}[]
}

export const runDue = defineAction<RunDue>({
  kind: 'schedule.run-due',
  describe: ({due}) => due.flatMap(({id, command, params}) => [`# job '${id}'`, commandLine(wordsOf(command, params, ['vmid', 'id']))]),
  run: async ({maxWorkers}, context) => runDueJobs(maxWorkers, context),
})
