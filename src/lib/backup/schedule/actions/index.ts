// The kinds of action of the schedule, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'schedule.run-due': async () => (await import('./run-due.ts')).runDue,
}
