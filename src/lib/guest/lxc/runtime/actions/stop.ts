// Ends a container at once and clears up after it. Right as well when it has ended meanwhile.
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {clearUp} from '../clear-up.ts'
import {endContainer} from '../end-container.ts'
import {monitorOf} from '../status.ts'

export interface StopContainer extends Action {
  readonly kind: 'lxc.stop'
  readonly vmid: number
  /** What is run, and the run files that go, for a dry run. */
  readonly argv: readonly string[]
  readonly files: readonly string[]
}

export const stop = defineAction<StopContainer>({
  kind: 'lxc.stop',
  describe: ({argv, files}) => [commandLine(argv), ...files.map((path) => `rm -f -- ${path}`)],
  run: async ({vmid}, context) => {
    const monitor = await monitorOf(vmid, context)
    if (monitor !== undefined) await endContainer(vmid, monitor, context)
    await clearUp(vmid, context)
  },
})
