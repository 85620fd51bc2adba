// The last step of a start: what QEMU can only be told when it runs, and the note of what was started.
import {ToolError, UnavailableError} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {ensureWatched} from '../../qmeventd/start.ts'
import {withQmp} from '../../qmp/index.ts'
import type {QmpClient} from '../../qmp/index.ts'
import {writeRunRecord} from '../record.ts'
import {guestPaths} from '../sockets.ts'
import {runtimeStatus} from '../status.ts'

export interface SettleStart extends Action {
  readonly kind: 'qemu.settle'
  readonly vmid: number
  /** The machine type as asked for, in case QEMU does not name its own. */
  readonly machine: string
  /** Cards whose cable is unplugged. */
  readonly linksDown: readonly string[]
  /** What the guest is left with when there is a balloon device and it should not have all of its memory. */
  readonly balloonBytes?: number
  readonly timeoutMs: number
}

/** How often the guest is asked what it uses of its memory. */
const statisticsSeconds = 2
const balloonPath = 'machine/peripheral/balloon0'
const statisticsInterval = 'guest-stats-polling-interval'

export const settle = defineAction<SettleStart>({
  kind: 'qemu.settle',
  describe: ({linksDown, balloonBytes}) => [
    ...linksDown.map((id) => `# QMP: set_link name=${id} up=false`),
    ...(balloonBytes === undefined ? [] : [`# QMP: balloon value=${balloonBytes}`, `# QMP: qom-set path=${balloonPath} property=${statisticsInterval} value=${statisticsSeconds}`]),
  ],
  run: async (action, context) => {
    const {host, places, clock, signal} = context
    const {vmid, timeoutMs} = action
    const {machine, qemuVersion} = await withQmp(host, guestPaths(places, vmid).qmp, {handshakeTimeoutMs: timeoutMs, signal}, async (client) => {
      await tell(client, action)
      return about(client, action)
    })
    const process = await runtimeStatus(vmid, context)
    if (process === undefined) throw new UnavailableError(`QEMU of virtual machine ${vmid} ended right after its start`)
    await writeRunRecord(vmid, {process, machine, qemuVersion, startedAtMs: clock.now()}, context)
    // A daemon that was just about to end with the last guest is gone by now; see runDaemon.
    await ensureWatched(context)
  },
})

async function tell(client: QmpClient, {linksDown, balloonBytes}: SettleStart): Promise<void> {
  for (const name of linksDown) await client.execute('set_link', {name, up: false})
  if (balloonBytes === undefined) return
  await client.execute('balloon', {value: balloonBytes})
  await client.execute('qom-set', {path: balloonPath, property: statisticsInterval, value: statisticsSeconds})
}

async function about(client: QmpClient, {machine}: SettleStart): Promise<{machine: string; qemuVersion: string}> {
  const {major, minor, micro} = client.version
  return {machine: await machineType(client) ?? machine, qemuVersion: `${major}.${minor}.${micro}`}
}

/** `pc-i440fx-7.2`, also where the configuration only says `pc`. */
async function machineType(client: QmpClient): Promise<string | undefined> {
  try {
    const type = await client.execute('qom-get', {path: '/machine', property: 'type'})
    return typeof type === 'string' ? type.replace(/-machine$/, '') : undefined
  } catch (error) {
    if (error instanceof ToolError) return undefined
    throw error
  }
}
