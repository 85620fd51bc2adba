// Says at the end of a rollback that the snapshot speaks of a running state (`vmstate`), which nothing can bring back for a container. Its volumes and its
// configuration are back by then, as a machine's are whose state cannot be loaded.
import {UnsupportedError} from '../../../base/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {defineAction} from '../../../tasks/index.ts'

export interface RefuseState extends Action {
  readonly kind: 'lxc.refuse-state'
  readonly vmid: number
  readonly name: string
}

export const refuseState = defineAction<RefuseState>({
  kind: 'lxc.refuse-state',
  describe: ({name}) => [`# the snapshot '${name}' names a running state, which a container cannot go on from`],
  run: async ({vmid, name}) => {
    throw new UnsupportedError(`container ${vmid} is back at the snapshot '${name}', but does not run on from there: a container has no state that could be loaded`, {
      nextSteps: [`Start it: pct start ${vmid}`], data: {vmid, snapshot: name},
    })
  },
})
