// Ends a guest at once, as if its plug were pulled: `quit`, and signals to a QEMU that does not listen.
import {errorChain} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import {killProcess} from '../end-process.ts'
import {guestPaths} from '../sockets.ts'
import {runtimeStatus, waitForEnd} from '../status.ts'

export interface StopGuest extends Action {
  readonly kind: 'qemu.stop'
  readonly vmid: number
  /** How long `quit` may take before signals are sent. */
  readonly timeoutMs: number
}

export const stop = defineAction<StopGuest>({
  kind: 'qemu.stop',
  describe: () => ['# QMP: quit'],
  run: async ({vmid, timeoutMs}, context) => {
    const process = await runtimeStatus(vmid, context)
    if (process === undefined) return
    const hasAnswered = await askToQuit(vmid, context)
    if (hasAnswered && await waitForEnd(process, timeoutMs, context)) return
    context.log.warn(`virtual machine ${vmid} is still running; its QEMU is ended by force`)
    await killProcess(process, context, (line) => context.log.info(line))
  },
})

/** Says whether QEMU took it. A connection that is lost on the way is how a QEMU that obeys can look. */
export async function askToQuit(vmid: number, {host, places, log, signal}: Context): Promise<boolean> {
  try {
    await withQmp(host, guestPaths(places, vmid).qmp, {handshakeTimeoutMs: 5_000, signal}, async (client) => {
      try {
        await client.execute('quit', undefined, {timeoutMs: 5_000})
      } catch (error) {
        if (client.isOpen) throw error
      }
    })
    return true
  } catch (error) {
    log.info(`QEMU could not be asked to quit: ${errorChain(error).join(': ')}`)
    return false
  }
}
