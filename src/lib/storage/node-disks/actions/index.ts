// The kinds of action that change the disks of a node, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'disk.command': async () => (await import('./command.ts')).diskCommand,
  'disk.wipe': async () => (await import('./wipe.ts')).diskWipe,
}
