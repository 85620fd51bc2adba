// Takes a snapshot of all image files that a running QEMU has open, in one transaction: of all or of none.
import {ConflictError, ToolError} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import {guestPaths} from '../../runtime/sockets.ts'

export interface SnapshotOpenDisks extends Action {
  readonly kind: 'qemu.snapshot-disks'
  readonly vmid: number
  readonly name: string
  /** Keys of the drives, whose topmost nodes are named after them. */
  readonly keys: readonly string[]
}

/** Tables are written, no data is copied. */
const limitMs = 5 * 60_000

export const snapshotDisksAction = defineAction<SnapshotOpenDisks>({
  kind: 'qemu.snapshot-disks',
  // A name that is taken fails the transaction as a whole.
  conflictMeansUntouched: true,
  describe: (action) => [`# QMP: transaction actions=${JSON.stringify(transactionOf(action))}`],
  run: async (action, {host, places, signal, log}) => {
    const {vmid, name, keys} = action
    const actions = transactionOf(action)
    try {
      await withQmp(host, guestPaths(places, vmid).qmp, {signal}, (client) => client.execute('transaction', {actions}, {timeoutMs: limitMs}))
    } catch (error) {
      if (error instanceof ToolError && /already exists/.test(error.failure.stderr)) {
        throw new ConflictError(`a disk of virtual machine ${vmid} has a snapshot '${name}' already, which its configuration does not know`, {cause: error, data: {vmid, snapshot: name}})
      }
      throw error
    }
    for (const key of keys) log.info(`took snapshot '${name}' of ${key}`)
  },
})

function transactionOf({name, keys}: SnapshotOpenDisks): unknown[] {
  return keys.map((key) => ({type: 'blockdev-snapshot-internal-sync', data: {device: `drive-${key}`, name}}))
}
