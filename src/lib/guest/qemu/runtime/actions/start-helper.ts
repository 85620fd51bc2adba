// Starts a program that serves a socket to QEMU (swtpm, virtiofsd) and waits until its socket is there. It outlives us, and ends when QEMU
// leaves the socket; the undo of the start ends one whose QEMU never came.
import {ToolError, UnavailableError, printable} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'

export interface StartHelper extends Action {
  readonly kind: 'qemu.start-helper'
  /** The key that it is for: `tpmstate0`, `virtiofs0`. */
  readonly key: string
  readonly argv: readonly string[]
  readonly socket: string
  /** Takes what it says. */
  readonly logPath: string
}

const startLimitMs = 30_000
const maxLogBytes = 16 * 1024

export const startHelper = defineAction<StartHelper>({
  kind: 'qemu.start-helper',
  describe: ({argv}) => [`${commandLine(argv)} &`],
  run: async ({key, argv, socket, logPath}, {host, clock, signal}) => {
    await host.files.remove(socket)
    await host.files.remove(logPath)
    const helper = await host.spawnDetached(argv, {stdoutPath: logPath, stderrPath: logPath, cwd: '/'})
    const deadline = clock.monotonicMs() + startLimitMs
    for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
      // Looked at first: it may make its socket and end between the two looks.
      const isAlive = (await host.process(helper.pid))?.startTime === helper.startTime
      if (isAlive && (await host.files.stat(socket))?.kind === 'socket') return
      if (!isAlive) {
        const said = lastLines((await host.files.readAt(logPath, 0, maxLogBytes)).toString('utf8'))
        throw new ToolError(`${argv[0] ?? ''} for '${key}' ended at once${said === '' ? '' : `: ${said}`}`, {host: host.name, argv, exitCode: null, stderr: said, data: {key}})
      }
      if (clock.monotonicMs() > deadline) throw new UnavailableError(`${argv[0] ?? ''} for '${key}' did not come up within ${startLimitMs / 1000} s`, {nextSteps: [`Look at ${logPath}.`]})
      await clock.sleep(pauseMs, signal)
    }
  },
})

function lastLines(text: string): string {
  return text.split('\n').map((line) => printable(line).trim()).filter((line) => line !== '').slice(-5).join('; ')
}
