// Thaws the file systems of a guest that an operation has frozen: a step of that operation, and the undo of the freezing.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {thawGuest} from '../freezing.ts'

export interface ThawGuest extends Action {
  readonly kind: 'guest.thaw'
  readonly vmid: number
}

export const thaw = defineAction<ThawGuest>({
  kind: 'guest.thaw',
  describe: () => ['# guest agent: guest-fsfreeze-thaw, when it froze'],
  run: ({vmid}, context) => thawGuest(vmid, context),
})
