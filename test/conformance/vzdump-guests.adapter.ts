// Suite vzdump-guests: which guests a backup takes in, by their nodes.
import {chosenGuests} from '../../src/lib/backup/vzdump/choose-guests.ts'
import {splitList} from '../../src/lib/spec/index.ts'
import {Refusal, attempt, compareData, type Adapter} from './adapter.ts'

const numbers = (text: string | undefined) => splitList(text ?? '').map(Number)

interface Choice { readonly all?: 0 | 1; readonly exclude?: string; readonly pool?: string; readonly vmid?: string; readonly node?: string }

export const adapter: Adapter = {
  answer(input, env) {
    const {all, exclude, pool, vmid, node} = input['params'] as Choice
    const guests = Object.entries(env['vmlist'] as Readonly<Record<string, {readonly node: string}>>).map(([number, place]) => ({vmid: Number(number), node: place.node}))
    const poolMembers = pool === undefined ? [] : (env['pools'] as Readonly<Record<string, readonly number[]>>)[pool] ?? []
    return attempt(() => ({guests: Object.fromEntries(chosenGuests({
      all: all === 1, exclude: numbers(exclude), vmids: numbers(vmid), pool, node,
    }, {guests, poolMembers}))}))
  },
  differences(answer, expect) {
    return answer instanceof Refusal ? [`was refused: ${answer.message}`] : compareData(answer, expect)
  },
}
