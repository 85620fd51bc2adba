// Makes a disk larger: by QEMU while the guest has it open, else by its storage. Devices of the host (LVM and the like) are grown by the
// storage in any case, and QEMU is told. No undo: a larger disk harms nobody. Done twice it does nothing the second time.
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {formatSize} from '../../../../spec/index.ts'
import {openVolume} from '../../../../storage/index.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import {onMonitor} from '../job-state.ts'
import {backendName, shownQmp} from '../mirror.ts'
import {readRunningDrive} from '../nodes.ts'

export interface ResizeDrive extends Action {
  readonly kind: 'qemu.resize-drive'
  readonly vmid: number
  readonly key: string
  readonly volume: string
  readonly sizeBytes: number
  /** As it was planned: what QEMU is told, and what the storage runs. */
  readonly qmp?: Readonly<Record<string, unknown>>
  readonly commands: readonly (readonly string[])[]
}

/** Large qcow2 images write many tables when they grow; preallocated ones all of the new space. */
const resizeLimitMs = 10 * 60_000

export const resizeDrive = defineAction<ResizeDrive>({
  kind: 'qemu.resize-drive',
  describe: ({volume, sizeBytes, qmp, commands}) => [
    `# make volume ${volume} ${formatSize(sizeBytes)} large`, ...commands.map((argv) => commandLine(argv)), ...(qmp === undefined ? [] : [shownQmp('block_resize', qmp)]),
  ],
  run: async ({vmid, key, volume, sizeBytes}, context) => {
    const {storage, id} = await openVolume(volume, context)
    const isRunning = await runtimeStatus(vmid, context) !== undefined
    if (isRunning && storage.makeRoom !== undefined) await storage.makeRoom(id, sizeBytes)
    else if (!isRunning || !isGrownByQemu(storage.blockSource(id).protocol.driver)) await storage.resize(id, sizeBytes)
    if (isRunning) await tellQemu(vmid, key, sizeBytes, context)
    context.log.info(`${key} (${volume}) has ${formatSize(sizeBytes)} now`)
  },
})

/** A file is QEMU's alone while it has it open. */
export function isGrownByQemu(driver: string): boolean {
  return driver === 'file'
}

async function tellQemu(vmid: number, key: string, sizeBytes: number, context: Context): Promise<void> {
  await onMonitor(vmid, context, async (client) => {
    const drive = readRunningDrive(await client.execute('query-block'), backendName(key))
    await client.execute('block_resize', resizeArguments(key, drive?.isBackend !== false, sizeBytes), {timeoutMs: resizeLimitMs})
  })
}

/** Pure: a drive is a backend, or a tree of nodes whose topmost has the same name. */
export function resizeArguments(key: string, isBackend: boolean, sizeBytes: number): Readonly<Record<string, unknown>> {
  return {[isBackend ? 'device' : 'node-name']: backendName(key), size: sizeBytes}
}
