// Ends a container at once. Right as well when it has ended meanwhile.
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {endContainer} from '../end-container.ts'
import {monitorOf} from '../status.ts'

export interface StopContainer extends Action {
  readonly kind: 'lxc.stop'
  readonly vmid: number
  /** What is run, for a dry run. */
  readonly argv: readonly string[]
}

export const stop = defineAction<StopContainer>({
  kind: 'lxc.stop',
  describe: ({argv}) => [commandLine(argv)],
  run: async ({vmid}, context) => {
    const monitor = await monitorOf(vmid, context)
    if (monitor !== undefined) await endContainer(vmid, monitor, context)
  },
})
