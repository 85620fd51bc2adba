// Presses keys together on a guest's keyboard and lets them go.
import {InvalidInputError, ToolError} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import type {Key} from '../key-names.ts'
import {guestPaths} from '../sockets.ts'

export interface SendKeys extends Action {
  readonly kind: 'qemu.send-keys'
  readonly vmid: number
  readonly keys: readonly Key[]
}

export const sendKeys = defineAction<SendKeys>({
  kind: 'qemu.send-keys',
  describe: ({keys}) => [`# QMP: send-key ${keys.map(({data}) => data).join('-')}`],
  run: async ({vmid, keys}, {host, places, signal}) => {
    await withQmp(host, guestPaths(places, vmid).qmp, {signal}, async (client) => {
      try {
        await client.execute('send-key', {keys})
      } catch (error) {
        if (!(error instanceof ToolError) || error.data['errorClass'] !== 'GenericError') throw error
        const {major, minor} = client.version
        throw new InvalidInputError(`QEMU ${major}.${minor} does not know one of these keys`, {key: 'is not known to this version of QEMU'}, {cause: error})
      }
    })
  },
})
