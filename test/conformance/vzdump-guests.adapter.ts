// Suite vzdump-guests: which guests a backup takes in, by their nodes.
import {chosenGuests} from '../../src/lib/backup/vzdump/choose-guests.ts'
import {splitList} from '../../src/lib/spec/index.ts'
import {Refusal, attempt, compareData, type Adapter} from './adapter.ts'

const numbers = (text: unknown) => splitList(text === undefined ? '' : String(text)).map(Number)

export const adapter: Adapter = {
  answer(input, env) {
    const {all, exclude, pool, vmid, node} = input['params'] as Readonly<Record<string, unknown>>
    const guests = Object.entries(env['vmlist'] as Readonly<Record<string, {readonly node: string}>>).map(([number, place]) => ({vmid: Number(number), node: place.node}))
    const poolMembers = pool === undefined ? [] : (env['pools'] as Readonly<Record<string, readonly number[]>>)[String(pool)] ?? []
    return attempt(() => ({guests: Object.fromEntries(chosenGuests({
      all: all === 1, exclude: numbers(exclude), vmids: numbers(vmid), pool: pool as string | undefined, node: node as string | undefined,
    }, {guests, poolMembers}))}))
  },
  differences(answer, expect) {
    return answer instanceof Refusal ? [`was refused: ${answer.message}`] : compareData(answer, expect)
  },
}
