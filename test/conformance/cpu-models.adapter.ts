// Suite cpu-models: the parameters of creating (POST) or changing (PUT) a custom CPU model -> accepted, or refused with a message. The product's
// functions are the schemas of the commands and the check of the name.
import {spec as create} from '../../src/lib/guest/qemu/commands/cpu-model-create.spec.ts'
import {spec as change} from '../../src/lib/guest/qemu/commands/cpu-model-set.spec.ts'
import {cpuModelName} from '../../src/lib/guest/qemu/facts/index.ts'
import {checkParams} from '../../src/lib/spec/validate.ts'
import {Refusal, Unsupported, attempt, type Adapter, type Data} from './adapter.ts'

export const adapter: Adapter = {
  answer({method, name, params}) {
    if (method !== 'POST' && method !== 'PUT') throw new Unsupported(`there is no method ${String(method)}`)
    const given: Data = {...params as Data, ...(name === undefined ? {} : {cputype: name})}
    return attempt(() => {
      const checked = checkParams(method === 'POST' ? create.params : change.params, given)
      return cpuModelName(String(checked['cputype']))
    })
  },
  differences(answer, expect) {
    if (expect['error'] === undefined) return answer instanceof Refusal ? [`was refused: ${answer.message}`] : []
    if (!(answer instanceof Refusal)) return ['was not refused']
    const pattern = expect['message-matches']
    return typeof pattern !== 'string' || new RegExp(pattern, 'i').test(answer.message) ? [] : [`was refused with '${answer.message}', which does not match ${pattern}`]
  },
}
