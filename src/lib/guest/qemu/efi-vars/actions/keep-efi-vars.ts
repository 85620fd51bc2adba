// Keeps a copy of the firmware's variables while they are changed, and writes it back when the change is taken back. The copy is a file that
// survives power loss, and whole or not there.
import {dirname} from 'node:path/posix'
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {maxVolumeBytes, volumeBytes, writeBytes} from '../volume-bytes.ts'

interface KeptVars extends Action {
  readonly vmid: number
  readonly volume: string
  readonly keptPath: string
}
export type KeepEfiVars = KeptVars & {readonly kind: 'guest.keep-efi-vars'}
export type RestoreEfiVars = KeptVars & {readonly kind: 'guest.restore-efi-vars'; readonly commands: readonly (readonly string[])[]}

export const keepEfiVarsAction = defineAction<KeepEfiVars>({
  kind: 'guest.keep-efi-vars',
  describe: ({volume, keptPath}) => [`# keep a copy of ${volume} in ${keptPath} until all is done`],
  run: async ({vmid, volume, keptPath}, context) => {
    const {host, places} = context
    const bytes = await volumeBytes(vmid, volume, context)
    await host.files.makeDirectory(places.stateDir, 0o755)
    await host.files.makeDirectory(dirname(keptPath), 0o700)
    await host.files.write(keptPath, bytes)
  },
})

export const restoreEfiVarsAction = defineAction<RestoreEfiVars>({
  kind: 'guest.restore-efi-vars',
  describe: ({commands}) => commands.map((argv) => commandLine(argv)),
  subject: ({volume}) => `the variables of the firmware on ${volume}`,
  run: async ({vmid, volume, keptPath}, context) => {
    // Without a copy nothing was written.
    if (await context.host.files.stat(keptPath) === undefined) return
    await writeBytes(vmid, volume, await context.host.files.read(keptPath, maxVolumeBytes), context)
  },
})
