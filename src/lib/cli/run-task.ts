// Commands that are tasks: start the worker, follow its log, and end as the task ended.
import type {Invocation} from './run-command.ts'
import type {Surroundings} from './surroundings.ts'

export async function runAsTask(invocation: Invocation, surroundings: Surroundings): Promise<number> {
  throw new Error(`${invocation.spec.id}: ${surroundings.signal.aborted}`)
}
