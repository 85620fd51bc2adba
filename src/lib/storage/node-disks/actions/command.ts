// The action that runs a program which writes to devices, after looking once more whether these are the devices that were looked at when it was planned,
// and whether there is nothing on them that it would destroy.
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {Need} from '../examine.ts'
import {checkAgain} from '../examine.ts'
import type {DeviceIdentity} from '../identity.ts'
import {announceChange, announceLines, runTool} from '../run-tool.ts'

export interface DiskCommand extends Action {
  readonly kind: 'disk.command'
  readonly argv: readonly string[]
  readonly devices: readonly DeviceIdentity[]
  readonly needs: Need
}

export const diskCommand = defineAction<DiskCommand>({
  kind: 'disk.command',
  // It refuses before it runs the program.
  conflictMeansUntouched: true,
  describe: ({argv}) => [commandLine(argv), ...announceLines],
  run: async ({argv, devices, needs}, context) => {
    for (const device of devices) await checkAgain(device, needs, context)
    await runTool(argv, context)
    await announceChange(context)
  },
})
