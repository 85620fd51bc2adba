// Which steps call a guest's hook script. Pure, but for the occasion that is made up.
import {randomUUID} from 'node:crypto'
import type {Action} from '../../../tasks/index.ts'
import type {RunHook} from './actions/run-hook.ts'
import type {HookPhase} from './hook-script.ts'

/**
 * The actions that call it: one, or none where the guest has no script.
 * @param occasion which start or stop it is for: the same for everybody who may do this one. Made up when absent.
 */
export function hookActions(vmid: number, values: Readonly<Record<string, string>>, phase: HookPhase, occasion: string = randomUUID()): Action[] {
  const volume = values['hookscript']
  if (volume === undefined) return []
  const action: RunHook = {kind: 'qemu.run-hook', vmid, volume, phase, occasion}
  return [action]
}
