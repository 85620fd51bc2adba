// The kinds of action on backups that are there, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'backup.collect': async () => (await import('./collect.ts')).collect,
  'backup.drop-files': async () => (await import('./take-files.ts')).dropFiles,
  'backup.export-container': async () => (await import('./export-container.ts')).exportContainer,
  'backup.export-machine': async () => (await import('./export-machine.ts')).exportMachine,
  'backup.take-files': async () => (await import('./take-files.ts')).takeFiles,
  'backup.verify-kept': async () => (await import('./verify-kept.ts')).verifyKept,
  'backup.verify': async () => (await import('./verify.ts')).verify,
}
