// Takes back a start that failed or whose worker died, wherever it was: QEMU may be up, coming up, or not there. The guest's lock has
// been held since before the start, so whatever runs as this guest comes from that start.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {killProcess} from '../end-process.ts'
import {clearUp} from '../clear-up.ts'
import {endHelpers} from '../helpers.ts'
import {findProcesses} from '../status.ts'

export interface UndoStart extends Action {
  readonly kind: 'qemu.undo-start'
  readonly vmid: number
}

export const undoStart = defineAction<UndoStart>({
  kind: 'qemu.undo-start',
  describe: ({vmid}) => [`# end what was started of guest ${vmid} and remove its run files`],
  run: async ({vmid}, context) => {
    // A QEMU that becomes a daemon is two processes for a moment, and the second is born while the first is ended.
    for (let round = 0; round < 5; round++) {
      const processes = await findProcesses(vmid, context)
      if (processes.length === 0) break
      for (const process of processes) await killProcess(process, context, (line) => context.log.info(line))
    }
    // They may be coming up as well, without their sockets yet.
    await endHelpers(vmid, context)
    await clearUp(vmid, context)
  },
})
