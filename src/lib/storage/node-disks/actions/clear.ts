// The action that makes a device blank on which there is only what its marks say: after its owner was destroyed, or as the undo of a creation.
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {Clearing} from '../clear-device.ts'
import {clearDevice, clearingCommands} from '../clear-device.ts'
import {announceLines} from '../run-tool.ts'

export interface DiskClear extends Action, Clearing {
  readonly kind: 'disk.clear'
  /** Its partitions as they were when it was planned, which go with it. */
  readonly partitions: readonly string[]
  /** What will be lost, a line each, where nothing before it in the plan has said so. */
  readonly loses?: readonly string[]
}

export const diskClear = defineAction<DiskClear>({
  kind: 'disk.clear',
  describe: ({device, partitions, loses = []}) => [...loses.map((line) => `# will be lost: ${line}`), ...clearingCommands(device.path, partitions).map((argv) => commandLine(argv)), ...announceLines],
  run: async (action, context) => {
    for (const line of action.loses ?? []) context.log.info(`is lost: ${line}`)
    await clearDevice(action, context)
  },
})
