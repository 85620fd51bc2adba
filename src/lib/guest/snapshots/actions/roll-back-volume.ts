// Gives a volume of a guest back the content of a snapshot, while the configuration says that the guest is being rolled back. Once it does
// not, the rollback is over: a step that is repeated must not throw away what the guest has written since.
import type {Action, ActionKind} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {hasLock, readGuestOf} from '../../guest-files.ts'
import type {GuestKind} from '../../guest-files.ts'

export interface RollBackVolume extends Action {
  readonly vmid: number
  readonly name: string
  readonly volume: string
  readonly commands: readonly (readonly string[])[]
}

/** The action of that kind, for a type of guests. */
export function rollBackVolumeAction(kind: string, guestKind: GuestKind): ActionKind {
  return defineAction<RollBackVolume>({
    kind,
    describe: ({name, volume, commands}) => [`# ${volume} goes back to snapshot '${name}'`, ...commands.map((argv) => commandLine(argv))],
    run: async ({vmid, name, volume}, context) => {
      if (!hasLock(await readGuestOf(guestKind, vmid, context), 'rollback')) return
      await (await context.actionKind('volume.rollback')).run({kind: 'volume.rollback', volume, name}, context)
    },
  })
}
