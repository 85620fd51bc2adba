// The kinds of action that any domain may use in its plans.
import type {ActionKind} from '../plan.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'store.commit': async () => (await import('./store-commit.ts')).storeCommit,
  'file.write': async () => (await import('./file-actions.ts')).fileWrite,
  'file.remove': async () => (await import('./file-actions.ts')).fileRemove,
  'run': async () => (await import('./run-program.ts')).runProgram,
}
