// Which steps call a virtual machine's hook script (guest/hooks).
import type {Action} from '../../../tasks/index.ts'
import type {HookPhase} from '../../hooks/hook-script.ts'
import {hookActionsOf} from '../../hooks/hook-steps.ts'

/** @param occasion which start or stop it is for; made up when absent */
export function hookActions(vmid: number, values: Readonly<Record<string, string>>, phase: HookPhase, occasion?: string): Action[] {
  return hookActionsOf('qemu.run-hook', vmid, values, phase, occasion)
}
