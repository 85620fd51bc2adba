// Finds and clears up what interrupted operations left behind. Each repair takes the locks that it needs, so none are taken here.
import {ConflictError, NotFoundError} from '../../base/index.ts'
import type {Context} from '../context.ts'
import {handleChange} from '../context.ts'
import {describeAll, examine, recoveryLines} from '../doctor/examine.ts'
import {isWriterAlive, readJournal} from '../journal.ts'
import type {Plan, Step} from '../plan.ts'
import {spec} from './doctor.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: ({discard}, context) => discard === undefined ? planRepairs(context) : planDiscard(discard, context),
})

async function planRepairs(context: Context): Promise<Plan> {
  const findings = await examine(context)
  if (findings.length === 0) return {whenInterrupted: 'undo', steps: [], result: ['Everything is as it should be.']}
  const repairs = await Promise.all(findings.map(async ({what, repair, nextSteps = []}): Promise<Step> => {
    const lines = repair.length > 0 ? await describeAll(repair, context) : nextSteps.map((step) => `# ${step}`)
    return {do: {kind: 'doctor.repair', what, actions: repair, lines}}
  }))
  return {whenInterrupted: 'undo', steps: [...repairs, {do: {kind: 'doctor.conclude'}}], result: findings.map(({what}) => what)}
}

async function planDiscard(id: string, context: Context): Promise<Plan> {
  const journal = await readJournal(context.store, id)
  if (journal === undefined) throw new NotFoundError(`there is no journal ${id}`, {nextSteps: ['See which there are: corral doctor --dry-run']})
  const hasFailed = journal.records.some((record) => record.failure !== undefined)
  if (!hasFailed && await isWriterAlive(journal, context)) throw new ConflictError(`"${journal.head.command}" is still at work`)
  const lines = ['# would not be done any more:', ...await recoveryLines(journal, context)]
  return {
    whenInterrupted: 'undo', steps: [{do: {kind: 'journal.discard', id, lines}}],
    result: [`What "${journal.head.command}" left stays as it is.`],
  }
}
