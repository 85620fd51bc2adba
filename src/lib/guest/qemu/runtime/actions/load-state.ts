// Gives a QEMU that was just started, and waits for it, the state of a machine. It stands still afterwards, so that nothing has happened yet when the
// start is taken back after all, and the state may be used again.
import {AppError, UnavailableError} from '../../../../base/index.ts'
import {openVolume} from '../../../../storage/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import {guestPaths} from '../sockets.ts'
import {carrierArgv, startCarrier} from '../state/carrier.ts'
import {migrationState} from '../state/migration.ts'
import {runtimeStatus} from '../status.ts'

export interface LoadState extends Action {
  readonly kind: 'qemu.load-state'
  readonly vmid: number
  readonly volume: string
  /** Where the state lies and goes through, for a dry run; where the volume does lie is asked when it is done. */
  readonly path: string
  readonly socketPath: string
}

const pollMs = 100
/** After the last byte, for devices to settle. */
const endLimitMs = 120_000

export const loadState = defineAction<LoadState>({
  kind: 'qemu.load-state',
  describe: ({volume, path, socketPath}) => [`# the machine goes on from the state in ${volume}`, commandLine(carrierArgv('load', socketPath, path))],
  run: async ({vmid, volume, socketPath}, context) => {
    const {host, signal, log} = context
    const {storage, id} = await openVolume(volume, context)
    const path = await storage.attach(id)
    try {
      await startCarrier('load', socketPath, path, host, signal).done
      await loaded(vmid, context)
      log.info(`virtual machine ${vmid} is as it was when its state was saved`)
    } catch (error) {
      if (error instanceof AppError && error.kind === 'cancelled') throw error
      throw new AppError('tool', `the state of virtual machine ${vmid} in ${volume} cannot be loaded; it is kept`, {
        cause: error, data: {vmid, volume}, nextSteps: [`To do without it and boot anew: qm unlock ${vmid} && qm start ${vmid}`],
      })
    } finally {
      await host.files.remove(socketPath)
    }
  },
})

/** A QEMU that cannot make sense of a state ends. @throws UnavailableError */
async function loaded(vmid: number, context: Context): Promise<void> {
  const {host, places, clock, signal} = context
  const deadlineMs = clock.monotonicMs() + endLimitMs
  for (;;) {
    if (await runtimeStatus(vmid, context) === undefined) throw new UnavailableError('QEMU ended while it read it; another version, or other devices, have other states')
    const {status, error} = await withQmp(host, guestPaths(places, vmid).qmp, {signal}, migrationState).catch(() => ({status: 'unknown', error: undefined}))
    if (status === 'completed') return
    if (status === 'failed') throw new UnavailableError(`QEMU refused it${error === undefined ? '' : `: ${error}`}`)
    if (clock.monotonicMs() > deadlineMs) throw new UnavailableError(`QEMU was not done with it within ${endLimitMs / 1000} s`)
    await clock.sleep(pollMs, signal)
  }
}
