// Which steps call a container's hook script (guest/hooks).
import type {Action} from '../../../tasks/index.ts'
import type {HookPhase} from '../../hooks/hook-script.ts'
import {hookActionsOf} from '../../hooks/hook-steps.ts'

/** @param occasion which start or stop it is for; made up when absent */
export function hookActions(vmid: number, values: Readonly<Record<string, string>>, phase: HookPhase, occasion?: string): Action[] {
  return hookActionsOf('lxc.run-hook', vmid, values, phase, occasion)
}
