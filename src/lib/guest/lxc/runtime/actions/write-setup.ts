// Writes into the files of a running container what its configuration says by now, so that what reads them there agrees with what was changed from outside. The
// files are reached by the mounts of its monitor: whatever the container has mounted over them is not touched.
import {AppError, errorChain} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {idMapOf} from '../../config/index.ts'
import {readContainer} from '../../kind.ts'
import {setUp} from '../../setup/index.ts'
import {containerPaths} from '../paths.ts'
import {monitorOf} from '../status.ts'

export interface WriteSetup extends Action {
  readonly kind: 'lxc.write-setup'
  readonly vmid: number
}

export const writeSetup = defineAction<WriteSetup>({
  kind: 'lxc.write-setup',
  describe: ({vmid}) => [`# set up the files of container ${vmid} for its network`],
  run: async ({vmid}, context) => {
    const monitor = await monitorOf(vmid, context)
    if (monitor === undefined) return
    const {config} = await readContainer(vmid, context)
    try {
      const tree = await context.host.openTree(`/proc/${monitor.pid}/root${containerPaths(context.places, vmid).rootfs}`)
      try {
        await setUp({tree, section: config.current, map: idMapOf(config.current), vmid, isNew: false}, context)
      } finally {
        tree.close()
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
      // They are written at every start.
      context.log.warn(`the files of container ${vmid} could not be written: ${errorChain(error).join(': ')}`)
    }
  },
})
