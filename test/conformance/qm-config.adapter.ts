// Suite qm-config: a virtual machine's file, read and written again.
import {formatQemuConfig, parseQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {Refusal, Unsupported, attempt, type Adapter} from './adapter.ts'

export const adapter: Adapter = {
  answer(input) {
    if (input['do'] !== 'parse-and-write') throw new Unsupported('backups are not restored yet')
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
