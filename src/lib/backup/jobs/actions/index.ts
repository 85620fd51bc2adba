// The kinds of action of jobs, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'jobs.run-task': async () => (await import('./run-task.ts')).runTask,
  'jobs.take-snapshots': async () => (await import('./take-snapshots.ts')).takeSnapshots,
}
