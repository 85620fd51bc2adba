// Adds the keys that a template has to the variables of a guest that does not run. Done again it finds nothing missing.
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {enrollKeys} from '../enroll-keys.ts'
import {maxStoreBytes} from '../variable-store.ts'
import {volumeBytes, writeBytes} from '../volume-bytes.ts'

export interface EnrollEfiKeys extends Action {
  readonly kind: 'guest.enroll-efi-keys'
  readonly vmid: number
  readonly volume: string
  readonly template: string
  /** What is going to be added, for a dry run; what is missing is found out again when it is written. */
  readonly added: readonly string[]
  readonly commands: readonly (readonly string[])[]
}

export const enrollEfiKeysAction = defineAction<EnrollEfiKeys>({
  kind: 'guest.enroll-efi-keys',
  describe: ({volume, template, added, commands}) => [
    `# add keys of ${template} to ${volume}`, ...added.map((line) => `#   ${line}`), ...commands.map((argv) => commandLine(argv)),
  ],
  subject: ({volume}) => `the variables of the firmware on ${volume}`,
  run: async ({vmid, volume, template}, context) => {
    const {bytes, added} = enrollKeys(await volumeBytes(vmid, volume, context), await context.host.files.read(template, maxStoreBytes))
    if (added.length > 0) await writeBytes(vmid, volume, bytes, context)
  },
})
