// The kinds of action that start and end virtual machines, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'qemu.attach-volumes': async () => (await import('./volumes.ts')).attachVolumes,
  'qemu.detach-volumes': async () => (await import('./volumes.ts')).detachVolumes,
  'qemu.prepare': async () => (await import('./prepare.ts')).prepare,
  'qemu.undo-start': async () => (await import('./undo-start.ts')).undoStart,
  'qemu.watch': async () => (await import('./watch.ts')).watch,
  'qemu.launch': async () => (await import('./launch.ts')).launch,
  'qemu.settle': async () => (await import('./settle.ts')).settle,
  'qemu.stop': async () => (await import('./stop.ts')).stop,
  'qemu.shut-down': async () => (await import('./shut-down.ts')).shutDown,
  'qemu.run-hook': async () => (await import('./run-hook.ts')).runHook,
  'qemu.start-helper': async () => (await import('./start-helper.ts')).startHelper,
  'qemu.pause': async () => (await import('./pause.ts')).pause,
  'qemu.resume': async () => (await import('./resume.ts')).resume,
  'qemu.send-keys': async () => (await import('./send-keys.ts')).sendKeys,
  'qemu.reset': async () => (await import('./reset.ts')).reset,
  'qemu.clear-run-files': async () => (await import('./clear-run-files.ts')).clearRunFiles,
  'qemu.forget-reboot': async () => (await import('./forget-reboot.ts')).forgetReboot,
  'qemu.repair': async () => (await import('./repair.ts')).repair,
  'qemu.restart': async () => (await import('./restart.ts')).restart,
}
