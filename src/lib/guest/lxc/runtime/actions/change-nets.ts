// Changes the interfaces of a running container.
import {AppError} from '../../../../base/index.ts'
import {explainRateFailure} from '../../../../network/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import type {LiveCommand} from '../live-network.ts'
import {initOf, monitorOf} from '../status.ts'

export interface NetChange {
  readonly key: string
  readonly commands: readonly LiveCommand[]
  /** What brings back what was, wherever the change has stopped. */
  readonly back: readonly LiveCommand[]
}

export interface ChangeNets extends Action {
  readonly kind: 'lxc.change-nets'
  readonly vmid: number
  /** The first process of the container that is meant. */
  readonly init: number
  readonly changes: readonly NetChange[]
}

const limitMs = 20_000

export const changeNets = defineAction<ChangeNets>({
  kind: 'lxc.change-nets',
  describe: ({changes}) => changes.flatMap(({commands}) => commands.map(({argv}) => commandLine(argv))),
  run: async ({vmid, init, changes}, context) => {
    const {host} = context
    const monitor = await monitorOf(vmid, context)
    // Its interfaces went with it; the next start makes them as the configuration says.
    if (monitor === undefined || await initOf(monitor, host) !== init) return
    for (const {key, commands} of changes) {
      for (const {argv, mayFail} of commands) {
        try {
          await host.run(argv, {timeoutMs: limitMs})
        } catch (error) {
          if (mayFail === true && error instanceof AppError && error.kind === 'tool') continue
          throw explainRateFailure(error, `${key}.rate`)
        }
      }
    }
  },
})
