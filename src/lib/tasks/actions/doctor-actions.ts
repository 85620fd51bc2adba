// The doctor's own actions: put one finding right without letting a failure keep it from the others, and look again at the end.
import {ConflictError, errorChain} from '../../base/index.ts'
import type {Action} from '../plan.ts'
import {defineAction} from '../plan.ts'
import {examine} from '../doctor/examine.ts'

export interface DoctorRepair extends Action {
  readonly kind: 'doctor.repair'
  readonly what: string
  readonly actions: readonly Action[]
  /** What the actions would do, for a dry run. */
  readonly lines: readonly string[]
}

export interface DoctorConclude extends Action {
  readonly kind: 'doctor.conclude'
}

export const doctorRepair = defineAction<DoctorRepair>({
  kind: 'doctor.repair',
  describe: ({what, lines}) => [`# ${what}`, ...lines],
  run: async ({what, actions}, context) => {
    context.log.info(what)
    try {
      for (const action of actions) await (await context.actionKind(action.kind)).run(action, context)
    } catch (error) {
      context.log.warn(`${what} This could not be put right: ${errorChain(error).join(': ')}`)
    }
  },
})

export const doctorConclude = defineAction<DoctorConclude>({
  kind: 'doctor.conclude',
  describe: () => [],
  run: async (_action, context) => {
    const left = await examine(context)
    if (left.length === 0) return
    throw new ConflictError(`${left.length === 1 ? 'one thing is' : `${left.length} things are`} not as they should be`, {
      cause: new Error(left.map(({what}) => what).join(' ')),
      nextSteps: [...new Set(left.flatMap(({nextSteps = []}) => nextSteps))],
    })
  },
})
