// Makes one change that waits on a machine that runs, and puts it into force in the configuration. What the guest or QEMU refuses is taken
// back, told, and goes on waiting: the command that asked for it has done what it could. Idempotent, so a dead worker's is repeated.
import {AppError, CancelledError, errorChain} from '../../../../base/index.ts'
import {defineAction, storeCommit, storeCommitStep} from '../../../../tasks/index.ts'
import type {Action, Context, StoreCommit} from '../../../../tasks/index.ts'
import type {GuestConfig} from '../../../guest-config.ts'
import {withRecordedChanges} from '../../cloud-init/index.ts'
import {formatQemuConfig} from '../../config/config-file.ts'
import {ownedBy} from '../../../volume-owner.ts'
import {guestConfigPath, readGuestIfThere} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {applyPending, dropUsedUnused} from '../../pending.ts'
import {withQmp} from '../../qmp/index.ts'
import {guestPaths} from '../../runtime/sockets.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import {applyChanges, takeBack} from '../apply-change.ts'
import {describeChange} from '../machine-change.ts'
import type {MachineChange} from '../machine-change.ts'

export interface Hotplug extends Action {
  readonly kind: 'guest.hotplug'
  readonly vmid: number
  readonly key: string
  /** The value that waits; null when the key is to be deleted. Another one by then is somebody else's wish. */
  readonly value: string | null
  readonly changes: readonly MachineChange[]
  /** The configuration before and after, when all that is planned before it is taken. What is written then follows from what is there. */
  readonly commit: StoreCommit
}

export const hotplugAction = defineAction<Hotplug>({
  kind: 'guest.hotplug',
  describe: ({changes, commit}) => [...changes.flatMap(describeChange), ...storeCommit.describe(commit)],
  shown: action => ({...action, commit: storeCommit.shown?.(action.commit) ?? action.commit}),
  run: async (action, context) => {
    const guest = await readGuestIfThere(action.vmid, context)
    const process = await runtimeStatus(action.vmid, context)
    // A machine that has ended meanwhile gets it with its start.
    if (guest === undefined || process === undefined || !waits(action, guest)) return
    const {qmp} = guestPaths(context.places, action.vmid)
    try {
      await withQmp(context.host, qmp, {signal: context.signal}, async client => {
        const running = {vmid: action.vmid, process, client}
        await applyChanges(action.changes, running, context)
        try {
          await putIntoForce(action, guest, context)
        } catch (error) {
          await takeBack(action.changes, running, context)
          throw error
        }
      })
    } catch (error) {
      if (!(error instanceof AppError) || error instanceof CancelledError || context.locksLost?.aborted === true) throw error
      context.log.warn(`'${action.key}' waits for the next start of virtual machine ${action.vmid}: ${errorChain(error).join(': ')}`)
    }
  },
})

function waits({key, value}: Hotplug, {config}: GuestFile): boolean {
  return value === null ? key in config.pendingDelete : config.pending[key] === value
}

async function putIntoForce({vmid, key}: Hotplug, {config, file}: GuestFile, context: Context): Promise<void> {
  const {do: commit} = storeCommitStep([{path: guestConfigPath(context.node, vmid), was: file, text: formatQemuConfig(withKeyInForce(config, key, vmid))}])
  await (await context.actionKind(commit.kind)).run(commit, context)
}

/** The configuration once the machine has taken what waits for a key. */
export function withKeyInForce(config: GuestConfig, key: string, vmid: number): GuestConfig {
  return withRecordedChanges(config, dropUsedUnused(applyPending(config, ownedBy(vmid), name => name === key).config))
}
