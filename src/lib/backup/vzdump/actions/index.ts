// The kinds of action of backups, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'backup.call-script': async () => (await import('./script.ts')).script,
  'backup.prune': async () => (await import('./prune.ts')).prune,
  'backup.publish': async () => (await import('./publish.ts')).publish,
  'backup.run': async () => (await import('./run.ts')).run,
  'backup.unpublish': async () => (await import('./publish.ts')).unpublish,
}
