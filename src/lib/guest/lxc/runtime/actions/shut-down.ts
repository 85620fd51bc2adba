// Asks a container to shut down by the signal that its init understands, and waits until it has ended.
import {UnavailableError} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {endContainer} from '../end-container.ts'
import {freezeArgv, isFrozen} from '../freezing.ts'
import {monitorOf, waitForEnd} from '../status.ts'

export interface ShutDownContainer extends Action {
  readonly kind: 'lxc.shut-down'
  readonly vmid: number
  readonly argv: readonly string[]
  readonly timeoutMs: number
  /** End it when it has not shut down in time. */
  readonly forceStop: boolean
}

export const shutDown = defineAction<ShutDownContainer>({
  kind: 'lxc.shut-down',
  describe: ({argv}) => [commandLine(argv)],
  run: async ({vmid, argv, timeoutMs, forceStop}, context) => {
    const monitor = await monitorOf(vmid, context)
    if (monitor !== undefined) {
      // What stands still hears nothing.
      if (await isFrozen(vmid, monitor, context)) await context.host.run(freezeArgv(context.places, vmid, 'thaw'), {timeoutMs: 30_000, signal: context.signal})
      await context.host.run(argv, {timeoutMs: 30_000, signal: context.signal, okExitCodes: [0, 1, 2]})
      if (!await waitForEnd(monitor, timeoutMs, context)) {
        if (!forceStop) {
          throw new UnavailableError(`container ${vmid} did not shut down within ${timeoutMs / 1000} s`, {nextSteps: [`Stop it at once: pct stop ${vmid}`], data: {vmid}})
        }
        context.log.warn(`container ${vmid} did not shut down within ${timeoutMs / 1000} s and is stopped`)
        await endContainer(vmid, monitor, context)
      }
    }
  },
})
