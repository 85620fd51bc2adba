// Runs QEMU. It becomes a daemon by itself (-daemonize) once its devices are there, so its exit code says whether it started.
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {explainLaunchFailure} from '../launch-failure.ts'

export interface LaunchQemu extends Action {
  readonly kind: 'qemu.launch'
  readonly vmid: number
  readonly argv: readonly string[]
  /** How many words at the end of argv come from the key `args`. */
  readonly extraWords: number
  readonly timeoutMs: number
}

export const launch = defineAction<LaunchQemu>({
  kind: 'qemu.launch',
  describe: ({argv}) => [commandLine(argv)],
  run: async ({vmid, argv, extraWords, timeoutMs}, {host, places, signal, log}) => {
    try {
      const {stderr} = await host.run(argv, {timeoutMs, signal, cwd: '/', env: {CORRAL_RUN_DIR: places.runDir}})
      for (const line of stderr.split('\n')) if (line.trim() !== '') log.warn(line.trim())
    } catch (error) {
      throw explainLaunchFailure(error, vmid, argv, extraWords)
    }
  },
})
