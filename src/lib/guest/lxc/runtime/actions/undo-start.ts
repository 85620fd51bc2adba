// Takes back a start that failed or whose worker died, wherever it was. The guest's lock has been held since before the start, so whatever runs as this
// container comes from that start.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {clearUp} from '../clear-up.ts'
import {endContainer} from '../end-container.ts'
import {findMonitors} from '../status.ts'

export interface UndoStart extends Action {
  readonly kind: 'lxc.undo-start'
  readonly vmid: number
}

export const undoStart = defineAction<UndoStart>({
  kind: 'lxc.undo-start',
  describe: ({vmid}) => [`# end what was started of container ${vmid} and remove its run files`],
  run: async ({vmid}, context) => {
    for (const monitor of await findMonitors(vmid, context)) await endContainer(vmid, monitor, context)
    await clearUp(vmid, context)
  },
})
