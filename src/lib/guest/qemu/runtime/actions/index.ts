// The kinds of action that start and end virtual machines, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'qemu.attach-volumes': async () => (await import('./volumes.ts')).attachVolumes as ActionKind,
  'qemu.detach-volumes': async () => (await import('./volumes.ts')).detachVolumes as ActionKind,
  'qemu.prepare': async () => (await import('./prepare.ts')).prepare as ActionKind,
  'qemu.undo-start': async () => (await import('./undo-start.ts')).undoStart as ActionKind,
  'qemu.watch': async () => (await import('./watch.ts')).watch as ActionKind,
  'qemu.launch': async () => (await import('./launch.ts')).launch as ActionKind,
  'qemu.settle': async () => (await import('./settle.ts')).settle as ActionKind,
  'qemu.stop': async () => (await import('./stop.ts')).stop as ActionKind,
  'qemu.shut-down': async () => (await import('./shut-down.ts')).shutDown as ActionKind,
  'qemu.reset': async () => (await import('./reset.ts')).reset as ActionKind,
  'qemu.clear-run-files': async () => (await import('./clear-run-files.ts')).clearRunFiles as ActionKind,
  'qemu.repair': async () => (await import('./repair.ts')).repair as ActionKind,
  'qemu.restart': async () => (await import('./restart.ts')).restart as ActionKind,
}
