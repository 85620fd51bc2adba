// The kinds of action that any domain may use in its plans, and those of tasks, journals and the doctor.
import type {ActionKind} from '../plan.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'store.commit': async () => (await import('./store-commit.ts')).storeCommit,
  'file.write': async () => (await import('./file-actions.ts')).fileWrite,
  'file.remove': async () => (await import('./file-actions.ts')).fileRemove,
  'task.stop': async () => (await import('./task-stop.ts')).taskStop,
  'task.archive': async () => (await import('./task-archive.ts')).taskArchive,
  'journal.recover': async () => (await import('./journal-actions.ts')).journalRecover,
  'journal.discard': async () => (await import('./journal-actions.ts')).journalDiscard,
  'doctor.repair': async () => (await import('./doctor-actions.ts')).doctorRepair,
  'doctor.conclude': async () => (await import('./doctor-actions.ts')).doctorConclude,
  'run': async () => (await import('./run-program.ts')).runProgram,
}
