// Clears up after a guest that has ended.
import {ConflictError} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {clearUp} from '../clear-up.ts'
import {runtimeStatus} from '../status.ts'

export interface ClearRunFiles extends Action {
  readonly kind: 'qemu.clear-run-files'
  readonly vmid: number
}

export const clearRunFiles = defineAction<ClearRunFiles>({
  kind: 'qemu.clear-run-files',
  describe: ({vmid}) => [`# remove the sockets, the PID file and the tap devices of guest ${vmid}`],
  run: async ({vmid}, context) => {
    if (await runtimeStatus(vmid, context) !== undefined) throw new ConflictError(`virtual machine ${vmid} is running`)
    await clearUp(vmid, context)
  },
})
