// Resets a guest, as its reset button would.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import {guestPaths} from '../sockets.ts'

export interface ResetGuest extends Action {
  readonly kind: 'qemu.reset'
  readonly vmid: number
}

export const reset = defineAction<ResetGuest>({
  kind: 'qemu.reset',
  describe: () => ['# QMP: system_reset'],
  run: async ({vmid}, {host, places, signal}) => {
    await withQmp(host, guestPaths(places, vmid).qmp, {signal}, (client) => client.execute('system_reset'))
  },
})
