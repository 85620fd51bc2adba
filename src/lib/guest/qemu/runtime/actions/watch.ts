// Sees to it that qmeventd watches the guests of this host.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {ensureWatched} from '../../qmeventd/start.ts'

export interface WatchGuests extends Action {
  readonly kind: 'qemu.watch'
}

export const watch = defineAction<WatchGuests>({
  kind: 'qemu.watch',
  describe: () => ['# start qmeventd unless it runs'],
  run: async (_action, context) => ensureWatched(context),
})
