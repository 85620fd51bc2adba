// Asks the guest to shut down, through its agent or by the power button, and waits until it has. QEMU runs with -no-shutdown, so the end
// of the guest is not yet that of QEMU: whoever sees it first, qmeventd or we, sends `quit`.
import {AppError, UnavailableError, errorChain} from '../../../../base/index.ts'
import type {ProcessId} from '../../../../host/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {connectQmp} from '../../qmp/index.ts'
import type {QmpClient} from '../../qmp/index.ts'
import {askAgentToShutDown} from '../agent-shutdown.ts'
import {guestPaths} from '../sockets.ts'
import {runtimeStatus, waitForEnd} from '../status.ts'
import {stop} from './stop.ts'

export interface ShutDownGuest extends Action {
  readonly kind: 'qemu.shut-down'
  readonly vmid: number
  readonly timeoutMs: number
  readonly usesAgent: boolean
  /** Stop it when it has not shut down in time. */
  readonly forceStop: boolean
}

const quitTimeoutMs = 60_000
/** How often QEMU is asked whether the guest is off, should an event be lost. */
const pollMs = 2_000
/** How often it is told how long it may still take. */
const tellMs = 4_000

export const shutDown = defineAction<ShutDownGuest>({
  kind: 'qemu.shut-down',
  describe: ({usesAgent, forceStop, timeoutMs}) => [
    usesAgent ? '# guest agent: guest-shutdown' : '# QMP: system_powerdown',
    ...(forceStop ? [`# QMP: quit, when it is still up after ${timeoutMs / 1000} s`] : []),
  ],
  run: async (action, context) => {
    const process = await runtimeStatus(action.vmid, context)
    if (process === undefined) return
    if (await isOffInTime(action, process, context)) return
    if (!action.forceStop) {
      throw new UnavailableError(`virtual machine ${action.vmid} did not shut down within ${action.timeoutMs / 1000} s`, {
        nextSteps: [
          `Stop it without asking: qm stop ${action.vmid}`,
          'A guest obeys the power button only when something in it listens: systemd-logind, acpid, or the guest agent (qm set VMID --agent 1).',
        ],
        data: {vmid: action.vmid},
      })
    }
    context.log.warn(`virtual machine ${action.vmid} did not shut down within ${action.timeoutMs / 1000} s; it is stopped`)
    await stop.run({kind: 'qemu.stop', vmid: action.vmid, timeoutMs: quitTimeoutMs}, context)
  },
})

async function isOffInTime(action: ShutDownGuest, process: ProcessId, context: Context): Promise<boolean> {
  const {vmid, timeoutMs} = action
  const {host, places, signal} = context
  let client: QmpClient
  try {
    client = await connectQmp(host, guestPaths(places, vmid).qmp, {handshakeTimeoutMs: Math.min(timeoutMs, 5_000), signal})
  } catch (error) {
    if (error instanceof AppError && error.kind === 'cancelled') throw error
    context.log.warn(`QEMU of virtual machine ${vmid} cannot be asked: ${errorChain(error).join(': ')}`)
    return waitForEnd(process, timeoutMs, context)
  }
  try {
    quitWhenOff(client)
    await ask(action, client, context)
    return await waitWhileAsking(process, client, action, context)
  } finally {
    client.close()
  }
}

async function ask({vmid, usesAgent}: ShutDownGuest, client: QmpClient, context: Context): Promise<void> {
  if (usesAgent) {
    try {
      await askAgentToShutDown(guestPaths(context.places, vmid).qga, context)
      return
    } catch (error) {
      if (error instanceof AppError && error.kind === 'cancelled') throw error
      context.log.warn(`the guest agent does not answer, the power button is pressed instead: ${errorChain(error).join(': ')}`)
    }
  }
  // A guest that went away in this very moment needs no button.
  await client.execute('system_powerdown').catch((error: unknown) => { if (client.isOpen) throw error })
}

function quitWhenOff(client: QmpClient): void {
  client.onEvent(({name}) => {
    if (name === 'SHUTDOWN') client.execute('quit', undefined, {timeoutMs: 5_000}).catch(() => undefined)
  })
}

async function waitWhileAsking(process: ProcessId, client: QmpClient, {vmid, timeoutMs}: ShutDownGuest, context: Context): Promise<boolean> {
  const {clock} = context
  const deadline = clock.monotonicMs() + timeoutMs
  let toldAtLeftMs = timeoutMs
  for (;;) {
    const leftMs = deadline - clock.monotonicMs()
    if (toldAtLeftMs - leftMs >= tellMs && leftMs > 0) {
      toldAtLeftMs = leftMs
      context.log.progress(timeoutMs - leftMs, timeoutMs, `waiting for virtual machine ${vmid} to shut down, of the time that it has`)
    }
    if (await waitForEnd(process, Math.max(0, Math.min(pollMs, leftMs)), context)) return true
    if (leftMs <= 0) return false
    if (!client.isOpen) continue
    const status = await client.execute('query-status', undefined, {timeoutMs: 5_000}).catch(() => undefined)
    const isOff = typeof status === 'object' && status !== null && 'status' in status && status.status === 'shutdown'
    if (isOff) await client.execute('quit', undefined, {timeoutMs: 5_000}).catch(() => undefined)
  }
}
