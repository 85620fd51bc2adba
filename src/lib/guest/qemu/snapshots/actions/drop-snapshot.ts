// Removes the snapshot of one disk of a guest, be it the QEMU of the running guest that has the image open or nobody. Right when there is
// none, so that it is also the undo of taking one.
import {ToolError, errorChain} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import {askRunState} from '../../runtime/run-state.ts'
import {guestPaths} from '../../runtime/sockets.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import type {OpenDrive} from '../chains/open-disk.ts'

export interface DropSnapshot extends Action {
  readonly kind: 'guest.drop-snapshot'
  readonly vmid: number
  readonly name: string
  readonly volume: string
  /** The drive whose image the running QEMU has open; absent where the storage removes it beneath QEMU, or nobody has it open. */
  readonly key?: string
  /** The drive by which the running QEMU has it open, where its snapshots are files of their own. */
  readonly chain?: OpenDrive
  /** A failure is told and left. */
  readonly force?: boolean
  readonly commands?: readonly (readonly string[])[]
}

/** The undo of taking snapshots of several disks at once. */
export interface DropSnapshots extends Action {
  readonly kind: 'guest.drop-snapshots'
  readonly vmid: number
  readonly name: string
  readonly disks: readonly {readonly key: string; readonly volume: string}[]
}

/** Clusters that only the snapshot had are given back one by one. */
const limitMs = 3600_000

export const dropSnapshotAction = defineAction<DropSnapshot>({
  kind: 'guest.drop-snapshot',
  describe: ({name, volume, key, chain, commands = []}) => [
    `# remove snapshot '${name}' of ${volume}`,
    ...(chain !== undefined ? [`# QMP: block-stream of what stands on it for ${chain.key}`] : key === undefined ? commands.map((argv) => commandLine(argv)) : [`# QMP: blockdev-snapshot-delete-internal-sync device=drive-${key} name=${name}`]),
  ],
  run: async (action, context) => {
    try {
      await drop(action, context)
    } catch (error) {
      if (action.force !== true || context.signal.aborted) throw error
      context.log.warn(`the snapshot '${action.name}' of ${action.volume} is left behind: ${errorChain(error).join(': ')}`)
    }
  },
})

export const dropSnapshotsAction = defineAction<DropSnapshots>({
  kind: 'guest.drop-snapshots',
  describe: ({name, disks}) => disks.map(({key}) => `# QMP: blockdev-snapshot-delete-internal-sync device=drive-${key} name=${name}`),
  run: async ({vmid, name, disks}, context) => {
    for (const {key, volume} of disks) await drop({kind: 'guest.drop-snapshot', vmid, name, volume, key}, context)
  },
})

async function drop({vmid, name, volume, key, chain}: DropSnapshot, context: Context): Promise<void> {
  if (chain !== undefined && await runtimeStatus(vmid, context) !== undefined && await (await import('../chains/open-disk.ts')).dropOpen(vmid, name, chain, context)) {
    context.log.info(`removed snapshot '${name}' of '${volume}'`)
    return
  }
  if (key !== undefined && await isDroppedByQemu(vmid, name, key, context)) {
    context.log.info(`removed snapshot '${name}' of '${volume}'`)
    return
  }
  await (await context.actionKind('volume.drop-snapshot')).run({kind: 'volume.drop-snapshot', volume, name}, context)
}

/** A QEMU that has ended, or that has let go of its images after a migration, leaves it to the storage. */
async function isDroppedByQemu(vmid: number, name: string, key: string, context: Context): Promise<boolean> {
  const {host, places, signal} = context
  if (await runtimeStatus(vmid, context) === undefined) return false
  return withQmp(host, guestPaths(places, vmid).qmp, {signal}, async (client) => {
    if (await askRunState(client) === 'postmigrate') return false
    try {
      await client.execute('blockdev-snapshot-delete-internal-sync', {device: `drive-${key}`, name}, {timeoutMs: limitMs})
    } catch (error) {
      if (!(error instanceof ToolError) || !/does not exist on device/.test(error.failure.stderr)) throw error
    }
    return true
  })
}
