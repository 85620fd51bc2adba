// Clears up after a guest for `corral doctor`, under the lock of that guest and after another look.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction, withLocks} from '../../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {removeRunFiles} from '../run-files.ts'
import {runtimeStatus} from '../status.ts'

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
      if (await runtimeStatus(vmid, held) === undefined) await removeRunFiles(vmid, held)
    })
  },
})
