// Clears up after a container for `corral doctor`, under its lock and after another look.
import {AppError} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction, withLocks} from '../../../../tasks/index.ts'
import {guestLockName} from '../../../guest-files.ts'
import {readContainer} from '../../kind.ts'
import {clearUp} from '../clear-up.ts'
import {hookActions} from '../hook-steps.ts'
import {monitorOf, uncleanedRun} from '../status.ts'

export interface RepairContainer extends Action {
  readonly kind: 'lxc.repair'
  readonly vmid: number
}

export const repair = defineAction<RepairContainer>({
  kind: 'lxc.repair',
  describe: ({vmid}) => [`# remove the run files of container ${vmid}`],
  run: async ({vmid}, context) => {
    await withLocks({names: [guestLockName(vmid)], reason: `corral doctor clears up after ${vmid}`, timeoutMs: 10_000}, context, async (held) => {
      if (await monitorOf(vmid, held) !== undefined) return
      for (const action of await postStop(vmid, held)) await (await held.actionKind(action.kind)).run(action, held)
      await clearUp(vmid, held)
    })
  },
})

/** A container that was destroyed, or whose configuration cannot be read, has nobody to be called. */
async function postStop(vmid: number, context: Context): Promise<Action[]> {
  const run = await uncleanedRun(vmid, context)
  if (run === undefined) return []
  try {
    return hookActions(vmid, (await readContainer(vmid, context)).config.current.values, 'post-stop', run)
  } catch (error) {
    if (error instanceof AppError && (error.kind === 'not-found' || error.kind === 'invalid-input')) return []
    throw error
  }
}
