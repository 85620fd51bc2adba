// Writes a template of OVMF's variables to a volume that was just made for them. Doing it again gives the same.
import {openVolume} from '../../../storage/index.ts'
import type {Format} from '../../../storage/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'

export interface FillEfiVars extends Action {
  readonly kind: 'guest.fill-efi-vars'
  readonly volume: string
  /** Where the volume is going to lie, for a dry run; where it does lie is asked when it is written. */
  readonly path: string
  readonly format: Format
  readonly template: string
}

function argvOf({format, template}: FillEfiVars, path: string): readonly string[] {
  return ['qemu-img', 'convert', '-n', '-f', 'raw', '-O', format, '--', template, path]
}

export const fillEfiVarsAction = defineAction<FillEfiVars>({
  kind: 'guest.fill-efi-vars',
  describe: action => [commandLine(argvOf(action, action.path))],
  run: async (action, context) => {
    const {storage, id} = await openVolume(action.volume, context)
    await context.host.run(argvOf(action, await storage.attach(id)), {signal: context.signal})
  },
})
