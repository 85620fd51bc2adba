// Removes a volume that a guest's configuration has given up. One that cannot be removed becomes an unused disk of the guest again, so
// that it is not left without a name; one that the configuration names is not touched. So it may be repeated.
import {AppError, ConflictError, errorChain} from '../../../base/index.ts'
import {openVolume} from '../../../storage/index.ts'
import {commandLine, defineAction, storeCommitStep} from '../../../tasks/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {formatQemuConfig} from '../config/config-file.ts'
import {guestConfigPath, readGuestIfThere} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {addUnused, refersTo} from '../pending.ts'

export interface FreeVolume extends Action {
  readonly kind: 'guest.free-volume'
  readonly vmid: number
  readonly volume: string
  /** What the storage runs for it, as it would be typed. */
  readonly commands: readonly (readonly string[])[]
}

export const freeVolumeAction = defineAction<FreeVolume>({
  kind: 'guest.free-volume',
  describe: ({volume, commands}) => [`# remove volume ${volume}`, ...commands.map(argv => commandLine(argv))],
  run: async ({vmid, volume}, context) => {
    const guest = await readGuestIfThere(vmid, context)
    if (guest !== undefined && refersTo(guest.config, volume)) {
      context.log.warn(`${volume} is kept: the configuration of virtual machine ${vmid} names it`)
      return
    }
    try {
      await run({kind: 'volume.remove', volume}, context)
    } catch (error) {
      if (!(error instanceof AppError) || context.locksLost?.aborted === true) throw error
      const reason = errorChain(error).join(': ')
      if (!await mayBeThere(volume, context)) {
        context.log.warn(`${volume} is removed, but not everything that belonged to it: ${reason}`)
        return
      }
      context.log.warn(`${volume} could not be removed: ${reason}`)
      if (guest !== undefined) await keepAsUnused(guest, volume, context)
    }
  },
})

async function keepAsUnused({vmid, config, file}: GuestFile, volume: string, context: Context): Promise<void> {
  const kept = addUnused(config, volume)
  if (kept === config) throw new ConflictError(`virtual machine ${vmid} has no place left for the unused disk ${volume}`, {nextSteps: [`Remove it: pvesm free ${volume}`]})
  await run(storeCommitStep([{path: guestConfigPath(context.node, vmid), was: file, text: formatQemuConfig(kept)}]).do, context)
  context.log.warn(`it is an unused disk of virtual machine ${vmid} again`)
}

async function run(action: Action, context: Context): Promise<void> {
  await (await context.actionKind(action.kind)).run(action, context)
}

/** A removal that failed may have failed after the volume was gone, at its folder: a name for it would lead nowhere. */
async function mayBeThere(volume: string, context: Context): Promise<boolean> {
  try {
    const {storage, id} = await openVolume(volume, context)
    return await storage.exists(id)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return true
  }
}
