// Clears up after a guest for `corral doctor`, under the lock of that guest and after another look.
import {AppError} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction, withLocks} from '../../../../tasks/index.ts'
import {guestLockName, readGuest} from '../../guest-files.ts'
import {clearUp} from '../clear-up.ts'
import {hookActions} from '../hook-steps.ts'
import {runtimeStatus, uncleanedRun} from '../status.ts'

export interface RepairGuest extends Action {
  readonly kind: 'qemu.repair'
  readonly vmid: number
}

export const repair = defineAction<RepairGuest>({
  kind: 'qemu.repair',
  describe: ({vmid}) => [`# remove the run files and tap devices of guest ${vmid}`],
  run: async ({vmid}, context) => {
    const wish = {names: [guestLockName(vmid)], reason: `corral doctor clears up after ${vmid}`, timeoutMs: 10_000}
    await withLocks(wish, context, async (held) => {
      if (await runtimeStatus(vmid, held) !== undefined) return
      for (const action of await postStop(vmid, held)) await (await held.actionKind(action.kind)).run(action, held)
      await clearUp(vmid, held)
    })
  },
})

/** A guest that was destroyed, or whose configuration cannot be read, has nobody to be called. */
async function postStop(vmid: number, context: Context): Promise<Action[]> {
  const run = await uncleanedRun(vmid, context)
  if (run === undefined) return []
  try {
    return hookActions(vmid, (await readGuest(vmid, context)).config.current.values, 'post-stop', run)
  } catch (error) {
    if (error instanceof AppError && (error.kind === 'not-found' || error.kind === 'invalid-input')) return []
    throw error
  }
}
