// Which steps call a guest's hook script. Pure, but for the occasion that is made up.
import {randomUUID} from 'node:crypto'
import type {Action} from '../../tasks/index.ts'
import type {HookPhase} from './hook-script.ts'
import type {RunHook} from './run-hook.ts'

/**
 * The actions that call it: one, or none where the guest has no script.
 * @param occasion which start or stop it is for: the same for everybody who may do this one. Made up when absent.
 */
export function hookActionsOf(kind: string, vmid: number, values: Readonly<Record<string, string>>, phase: HookPhase, occasion: string = randomUUID()): Action[] {
  const volume = values['hookscript']
  if (volume === undefined) return []
  const action: RunHook = {kind, vmid, volume, phase, occasion}
  return [action]
}
