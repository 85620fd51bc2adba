// Removes a volume that a container's configuration has given up; one that the configuration names again is not touched. One that cannot be removed is
// told and kept as an unused volume, so that it is not left without a name.
import {AppError, errorChain} from '../../../base/index.ts'
import {commandLine, defineAction, storeCommitStep} from '../../../tasks/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {addUnused, formatLxcConfig, refersTo} from '../config/index.ts'
import {containerConfigPath, readContainer} from '../kind.ts'

export interface FreeVolume extends Action {
  readonly kind: 'lxc.free-volume'
  readonly vmid: number
  readonly volume: string
  readonly commands: readonly (readonly string[])[]
}

export const freeVolume = defineAction<FreeVolume>({
  kind: 'lxc.free-volume',
  describe: ({volume, commands}) => [`# remove volume ${volume}`, ...commands.map((argv) => commandLine(argv))],
  run: async ({vmid, volume}, context) => {
    const guest = await readContainer(vmid, context)
    if (refersTo(guest.config, volume)) {
      context.log.warn(`${volume} is kept: the configuration of container ${vmid} names it`)
      return
    }
    try {
      await run({kind: 'volume.remove', volume}, context)
    } catch (error) {
      if (!(error instanceof AppError) || context.locksLost?.aborted === true) throw error
      context.log.warn(`${volume} could not be removed and is an unused volume of container ${vmid} again: ${errorChain(error).join(': ')}`)
      const text = formatLxcConfig(addUnused(guest.config, volume))
      await run(storeCommitStep([{path: containerConfigPath(context.node, vmid), was: guest.file, text}]).do, context)
    }
  },
})

async function run(action: Action, context: Context): Promise<void> {
  await (await context.actionKind(action.kind)).run(action, context)
}
