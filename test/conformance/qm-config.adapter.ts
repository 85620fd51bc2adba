// Suite qm-config: a virtual machine's file, read and written again, or out of a backup.
import {randomUUID} from 'node:crypto'
import {newMacAddress} from '../../src/lib/guest/mac-address.ts'
import {formatQemuConfig, parseQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {restoredText} from '../../src/lib/guest/qemu/restore/restored-config.ts'
import {Refusal, Unsupported, attempt, type Adapter} from './adapter.ts'

export const adapter: Adapter = {
  answer(input) {
    if (input['do'] === 'restore') {
      const sources = {newUuid: () => randomUUID(), newMac: async () => newMacAddress('BC:24:11', new Set())}
      return restoredText(String(input['config']), {volumes: input['volumes'] as Readonly<Record<string, string>>, isUnique: input['unique'] === true}, sources)
    }
    if (input['do'] !== 'parse-and-write') throw new Unsupported(`there is no way to ask for '${String(input['do'])}'`)
    // What is wrong is dropped with a warning unless the case is strict.
    const options = input['strict'] === true ? {} : {warn: () => undefined}
    return attempt(() => formatQemuConfig(parseQemuConfig(String(input['config']), options)))
  },
  differences(answer, expect) {
    if (answer instanceof Refusal) return expect['error'] === true ? [] : [`was refused: ${answer.message}`]
    if (expect['error'] === true) return ['was not refused']
    return answer === expect['config'] ? [] : [`is\n${String(answer)}`]
  },
}
