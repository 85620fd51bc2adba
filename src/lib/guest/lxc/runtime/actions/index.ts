// The kinds of action that start and end containers, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'lxc.launch': async () => (await import('./launch.ts')).launch,
  'lxc.undo-start': async () => (await import('./undo-start.ts')).undoStart,
  'lxc.stop': async () => (await import('./stop.ts')).stop,
  'lxc.shut-down': async () => (await import('./shut-down.ts')).shutDown,
  'lxc.run-hook': async () => (await import('./run-hook.ts')).runHook,
  'lxc.restart': async () => (await import('./restart.ts')).restart,
  'lxc.forget-reboot': async () => (await import('./restart.ts')).forgetReboot,
  'lxc.freeze': async () => (await import('./freeze.ts')).freeze,
  'lxc.thaw': async () => (await import('./freeze.ts')).thaw,
  'lxc.repair': async () => (await import('./repair.ts')).repair,
  'lxc.set-limits': async () => (await import('./set-limits.ts')).setLimits,
  'lxc.change-nets': async () => (await import('./change-nets.ts')).changeNets,
  'lxc.write-setup': async () => (await import('./write-setup.ts')).writeSetup,
  'lxc.clear-up': async () => (await import('./clear-up.ts')).clearUpAction,
  'lxc.sync': async () => (await import('./sync.ts')).sync,
}
