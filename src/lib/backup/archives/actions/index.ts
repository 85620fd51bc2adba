// The kinds of action on backups that are there, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'backup.collect': async () => (await import('./collect.ts')).collect,
  'backup.verify-kept': async () => (await import('./verify-kept.ts')).verifyKept,
  'backup.drop-files': async () => (await import('./take-files.ts')).dropFiles,
  'backup.take-files': async () => (await import('./take-files.ts')).takeFiles,
  'backup.verify': async () => (await import('./verify.ts')).verify,
}
