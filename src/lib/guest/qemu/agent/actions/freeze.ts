// Freezes the file systems of a guest, so that what is taken of its disks next is whole.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {freezeGuest} from '../freezing.ts'

export interface FreezeGuest extends Action {
  readonly kind: 'guest.freeze'
  readonly vmid: number
  /** After this long they are thawed even if the operation has not come to its thaw. */
  readonly maxFrozenMs: number
}

export const freeze = defineAction<FreezeGuest>({
  kind: 'guest.freeze',
  describe: () => ['# guest agent: guest-fsfreeze-freeze, when it answers'],
  run: ({vmid, maxFrozenMs}, context) => freezeGuest(vmid, maxFrozenMs, context),
})
