// Halts the processors of a guest, which stays in memory with all that it had open. A guest that is halted already stays so.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import {guestPaths} from '../sockets.ts'

export interface PauseGuest extends Action {
  readonly kind: 'qemu.pause'
  readonly vmid: number
}

export const pause = defineAction<PauseGuest>({
  kind: 'qemu.pause',
  describe: () => ['# QMP: stop'],
  run: async ({vmid}, {host, places, signal}) => {
    await withQmp(host, guestPaths(places, vmid).qmp, {signal}, (client) => client.execute('stop'))
  },
})
